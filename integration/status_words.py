"""The sentences of the integration status: one entry a code, in a registrar's words, with the fix."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integration.status_rules import Channel, Code, Dispute, Presence, Reason, RecordFacts, barred
from integration.wording import UNDER_TERMS, how_to_settle, listed, moment

EDITOR = "whoever may edit it here"
REGISTRAR = "the registrar"
SIS_STAFF = "whoever runs the SIS"
APPROVE = (
    " Look at it under Plans waiting and approve it there "
    "(execute_merge {channel.type_name} --term {channel.code} --approve {channel.plan})."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What is said of one code; the texts are formats over `_details`.

    `who`: who can do something about it; blank: it goes on by itself.
    """

    headline: str
    message: str
    who: str = ""


WORDS: Mapping[Code, Words] = {
    Code.QUEUED: Words(
        headline="Waiting to be sent", message="{it} waits to be sent ({what}); nothing is in its way."
    ),
    Code.SENDING: Words(headline="Being sent", message="{it} is being sent to the SIS now."),
    Code.AWAITING: Words(
        headline="Sent, not yet confirmed",
        message="{it} was handed to the SIS, which applies changes later; an import confirms it.",
    ),
    Code.UNKNOWN_OUTCOME: Words(
        headline="Sent, outcome unknown",
        message="{it} was sent and the SIS's answer was lost. It is looked up, never sent twice blindly.",
    ),
    Code.SIS_UNREACHABLE: Words(
        headline="The SIS cannot be reached; next try {next}",
        message="The SIS could not take it: {text} Next try {next}.",
        who=SIS_STAFF,
    ),
    Code.RECORD_LOCKED: Words(
        headline="Open in the SIS; next try {next}",
        message="The SIS could not take it: {text} Next try {next}.",
        who="whoever has it open in the SIS",
    ),
    Code.CHANGED_MEANWHILE: Words(
        headline="Changed in the SIS meanwhile; next try {next}",
        message="{it} was changed in the SIS at the same moment; it is merged again. Next try {next}.",
    ),
    Code.WAITING_FOR_MEMBER: Words(
        headline="Waiting for a crosslist member",
        message="{it} waits for {members}, not in the SIS yet; it goes right after.",
    ),
    Code.TOO_FEW_MEMBERS: Words(
        headline="Held: a group needs two sections",
        message="{it} has fewer than two sections left, which is no group. Add a section to it or dissolve "
        "it; until then nothing of it is sent.",
        who=EDITOR,
    ),
    Code.MEMBER_GONE: Words(
        headline="Held: a section of it will not be in the SIS",
        message="{it} has {lost}, not in the SIS and not to come there: cancelled before it was sent, or "
        "removed in the SIS. Take it out of the group or dissolve the group; until then nothing is sent.",
        who=EDITOR,
    ),
    Code.TYPE_OFF: Words(
        headline="Not sent yet — merges of {type} are switched off",
        message="Merges of {type} are switched off in Merge Settings.",
        who=REGISTRAR,
    ),
    Code.TERM_OFF: Words(
        headline="Not sent yet — {type} of {term} are not enabled",
        message="{type_} of {term} are not enabled. Turn them on {under_terms} (enable_term {code}).",
        who=REGISTRAR,
    ),
    Code.TERM_OVER: Words(
        headline="Not sent yet — {type} of {term} ended on {over}",
        message="{type_} of {term} went off by themselves after {over}. Turn them on again "
        "{under_terms} (enable_term {code}).",
        who=REGISTRAR,
    ),
    Code.TERM_GONE: Words(
        headline="Not sent — the SIS no longer has {term}",
        message="The SIS no longer has {term}, so nothing of it is sent.",
        who=SIS_STAFF,
    ),
    Code.SENDING_OFF: Words(
        headline="Not sent yet — sending is off for {term}",
        message="{type_} of {term} are only imported. Switch sending on {under_terms} "
        "(enable_term {code} --send).",
        who=REGISTRAR,
    ),
    Code.REAL_TIME_OFF: Words(
        headline="Not sent yet — real time is off for {term}",
        message="Real time is off for {type} of {term}; the next merge that sends takes it along ({what}).",
        who=REGISTRAR,
    ),
    Code.PAUSED: Words(
        headline="Paused by a safeguard",
        message="Sending of {type} of {term} is paused by a safeguard. {pause}{approve}",
        who=REGISTRAR,
    ),
    Code.CONFLICT: Words(headline="Held: {label} {disputed}", message="{dispute} {settle}", who=REGISTRAR),
    Code.NUMBER_CYCLE: Words(
        headline="Held: section numbers wait for each other", message="{note}", who=EDITOR
    ),
    Code.SIS_CANNOT: Words(headline="Held: the SIS does not take it", message="{text}", who=SIS_STAFF),
    Code.SIS_REJECTED: Words(
        headline="Rejected by the SIS", message="The SIS rejected {it_}: {text}{words}", who=EDITOR
    ),
    Code.GIVEN_UP: Words(
        headline="Given up after a day of failures",
        message="It could not be sent for a day; last: {text}{words} Try it again under Outbound "
        "(replay_outbound).",
        who=REGISTRAR,
    ),
    Code.IMPORT_REJECTED: Words(
        headline="Not imported: what the SIS holds has a fault",
        message="The last import did not take what the SIS holds of {it_}: {refusal}",
        who="the registrar, in the SIS",
    ),
    Code.MISSING_IN_SIS: Words(
        headline="Missing in the SIS",
        message="The SIS does not show {it_}{missing}. An import that proves it gone removes it here too.",
        who=REGISTRAR,
    ),
    Code.REMOVED_IN_SIS: Words(
        headline="Removed in the SIS, cancelled here",
        message="The SIS removed {it_}; Merge Settings keep it here as cancelled.",
    ),
    Code.CANCELLED_UNSENT: Words(
        headline="Cancelled before it was sent",
        message="{it} was cancelled before it was ever in the SIS, and is not wanted there.",
    ),
    Code.NOTHING_TO_SEND: Words(
        headline="Synced {synced}; {kept} only here",
        message="No field that may be sent has changed: {kept} differs from the SIS and is not sent, "
        "because Merge Settings leave it out or this SIS does not take it.",
        who=REGISTRAR,
    ),
    Code.VERIFIED: Words(
        headline="Synced {synced}",
        message="Both sides hold the same, as read from the SIS on {synced}.",
    ),
    Code.AGREED: Words(
        headline="Synced {synced}",
        message="Both sides agreed on {synced}; the next import reads it in the SIS again.",
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One reason in words."""

    headline: str
    message: str
    field: str
    who: str


def say(reason: Reason, zone: dt.tzinfo) -> Said:
    """The words for a reason; moments are given in `zone`."""
    words = WORDS[reason.code]
    details = _details(reason, zone)
    record = reason.record
    headline = words.headline.format_map(details)
    if record.name:
        headline = f"{record.name}: {headline[0].lower()}{headline[1:]}"
    message = words.message.format_map(details).strip()
    return Said(headline=headline, message=message, field=_field(reason), who=words.who)


def why_closed(channel: Channel) -> str:
    """Why nothing of this type and term may go now; blank: it may."""
    code = barred(channel)
    if code is None:
        return ""
    return WORDS[code].message.format_map(_about_channel(channel)).strip()


def _about_channel(channel: Channel) -> dict[str, Any]:
    return {
        "type": channel.type_name,
        "type_": channel.type_name.capitalize(),
        "term": channel.term,
        "over": channel.switch_over,
        "code": channel.code,
        "under_terms": UNDER_TERMS,
        "pause": channel.pause or f"Plan {channel.plan} waits for a person.",
        "approve": APPROVE.format(channel=channel) if channel.plan else "",
    }


def _field(reason: Reason) -> str:
    if reason.dispute is not None:
        return reason.dispute.field
    if reason.refusal is not None:
        return reason.refusal.field
    return reason.record.attempted.field


def _details(reason: Reason, zone: dt.tzinfo) -> dict[str, Any]:
    record, dispute = reason.record, reason.dispute
    attempted = record.attempted
    return {
        "it": record.name or "It",
        "it_": f"the group {record.name}" if record.name else "it",
        "what": _what(record),
        "next": _moment(attempted.next_at, zone),
        "text": attempted.text,
        "words": f" The SIS said: “{attempted.words}”" if attempted.words not in {"", attempted.text} else "",
        "lost": listed(record.lost) if record.lost else "a section",
        "members": listed(record.waits_for) if record.waits_for else "a member",
        **_about_channel(record.channel),
        "label": (dispute.label if dispute else "") or "the whole record",
        "disputed": _disputed(dispute),
        "dispute": _dispute(reason),
        "note": dispute.note if dispute else attempted.text,
        "settle": how_to_settle(dispute.conflict) if dispute else "",
        "refusal": reason.refusal.message if reason.refusal else "",
        "missing": f" since {_moment(record.missing_since, zone)}" if record.missing_since else " any more",
        "kept": listed(record.kept) if record.kept else "",
        "synced": _moment(record.synced_at, zone),
    }


def _moment(at: dt.datetime | None, zone: dt.tzinfo) -> str:
    return moment(at, zone) if at is not None else "at a time unknown"


def _what(record: RecordFacts) -> str:
    if record.presence is Presence.NEW:
        return "new, not in the SIS yet"
    return f"changed: {listed(record.unsent)}" if record.unsent else "to be compared with the SIS"


def _disputed(one: Dispute | None) -> str:
    """What is the matter, for the headline."""
    if one is not None and one.is_covered:
        return "changed in the SIS while Tandem wrote"
    return "differ from the SIS" if one is not None and one.is_plural else "differs from the SIS"


def _dispute(reason: Reason) -> str:
    one = reason.dispute
    if one is None or not one.field:
        return one.note if one else ""
    values = f"before {one.base}, Tandem {one.ours}, SIS {one.theirs}."
    note = f" {one.note}" if one.note else ""
    if one.is_covered:
        shown = "The SIS shows Tandem's now."
        return f"{one.label} changed in the SIS while Tandem wrote the same: {values} {shown}{note}"
    differs = "differ" if one.is_plural else "differs"
    return f"{one.label} {differs} on both sides: {values}{note}"
