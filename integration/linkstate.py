"""What a link says to the engine, and what a merge's outcome says to the link. No queries."""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from integration.fieldsets import STRUCTS
from integration.merge.canonical import decode, encode
from integration.merge.policy import Context, Covered, FieldPolicy, Fight
from integration.merge.records import Baseline, Decision, RecordMerge, Rule, Value, Values
from integration.merge.rendering import is_rendering, shows
from integration.models import Link, LinkState

OUTSTANDING = frozenset({Rule.PENDING, Rule.IN_FLIGHT})
UNCONSUMED = frozenset({Rule.PENDING, Rule.IN_FLIGHT, Rule.DRIFT})

LINK_COLUMNS = (
    "sis_id",
    "state",
    "baseline",
    "baseline_theirs",
    "agreed_version",
    "edits",
    "edits_version",
    "source_hash",
    "sent",
    "intent",
    "fights",
    "covered",
    "touched",
    "synced_at",
    "missing_since",
    "missing_digest",
    "retired_at",
    "label",
)
"""What settling may change; written in bulk by `links.save_links`."""


def policy_salt(policies: Sequence[FieldPolicy]) -> bytes:
    """Changes whenever a rule changes, so that every record is looked at again after that."""
    text = "|".join(f"{p.name}:{p.source}:{p.can_import}:{p.can_send}" for p in policies)
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


def salted(fingerprint: bytes, salt: bytes) -> bytes:
    """The form in which a record's fingerprint is kept."""
    return hashlib.blake2b(fingerprint, key=salt, digest_size=16).digest()


def baseline_of(link: Link) -> Baseline | None:
    """What both sides last agreed on; None before the first agreement."""
    return None if link.baseline is None else agreement(link.baseline, link.baseline_theirs)


def agreement(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Baseline:
    """A link's `baseline` and `baseline_theirs` as values."""
    return Baseline(values=decode(ours, structs=STRUCTS), theirs=decode(theirs, structs=STRUCTS))


def edited_fields(base: Baseline, ours: Values) -> list[str]:
    """The fields of `base` in which `ours` differs from what was agreed."""
    return [name for name in base.values if ours.get(name) != base.ours_of(name)]


def context_of(link: Link, *, now: dt.datetime, applies_later: bool) -> Context:
    """What is in flight, and how often values had to be rewritten."""
    sent: dict[str, list[Value]] = {}
    waiting = False
    for entry in link.sent:
        for name, value in decode(entry["values"], structs=STRUCTS).items():
            sent.setdefault(name, []).append(value)
        waiting = waiting or (applies_later and is_live(entry, now))
    fights = {
        name: Fight(value=decode({name: fight["value"]}, structs=STRUCTS)[name], times=fight["times"])
        for name, fight in link.fights.items()
    }
    return Context(
        sent={name: tuple(values) for name, values in sent.items()},
        is_waiting=waiting,
        fights=fights,
        covered={name: tuple(covered_of(name, one) for one in found) for name, found in link.covered.items()},
    )


def covered_of(name: str, stored: Mapping[str, Any]) -> Covered:
    """An entry of `Link.covered` as the engine reads it."""
    sides = {side: stored[side] for side in ("base", "by", "value")}
    if not stored["is_item"]:
        return Covered(**{side: decode({name: one}, structs=STRUCTS)[name] for side, one in sides.items()})
    listed = {side: [] if one is None else [one] for side, one in sides.items()}
    items = {side: decode({name: one}, structs=STRUCTS)[name] for side, one in listed.items()}
    return Covered(**{side: one[0] if one else None for side, one in items.items()}, is_item=True)


def is_live(entry: Mapping[str, Any], now: dt.datetime) -> bool:
    """Whether the horizon of something sent has not passed."""
    return entry["until"] is None or dt.datetime.fromisoformat(entry["until"]) > now


def write_ahead(
    sent: Iterable[Mapping[str, Any]], entry: Mapping[str, Any], *, has_token: bool = False
) -> list[dict[str, Any]]:
    """`sent` with one more entry.

    Where an older entry carries one of its values, seeing that value will not tell which of the two landed:
    the older one stays until its horizon (`is_repeated`). With a concurrency token only one of them can.
    """
    if has_token:
        return [*map(dict, sent), dict(entry)]
    values = entry["values"]
    older = [
        {**one, "is_repeated": True}
        if any(name in values and values[name] == value for name, value in one["values"].items())
        else dict(one)
        for one in sent
    ]
    return [*older, dict(entry)]


def still_in_flight(
    entries: Iterable[Mapping[str, Any]], theirs: Values, *, now: dt.datetime
) -> list[dict[str, Any]]:
    """The sent entries that `theirs` does not show yet and that may still land.

    A SIS that applies later applies in order (`is_ordered`): a field that is seen leaves its entry together
    with the entries before it. A request whose answer was lost may land at any time, also after a later one.
    """
    kept: list[dict[str, Any]] = []
    seen: set[str] = set()
    for entry in reversed(list(entries)):
        values = decode(entry["values"], structs=STRUCTS)
        landed = {
            name for name, value in values.items() if name in theirs and shows(sent=value, seen=theirs[name])
        }
        if entry.get("is_repeated"):
            landed = set()
        gone = landed | seen if entry["is_ordered"] else landed
        seen |= landed
        open_fields = {name: entry["values"][name] for name in values if name not in gone}
        is_removal = not values and entry["operation"] != "CREATE"
        if is_live(entry, now) and (open_fields or is_removal):
            kept.append({**entry, "values": open_fields})
    return list(reversed(kept))


def agreement_on(values: Mapping[str, Any], shown: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    """(baseline, the SIS's renderings) of a record that we created with `values` (encoded) and that `shown`.

    A title that the SIS cut is agreed with both renderings; any other difference is an edit made there.
    """
    ours = decode(values, structs=STRUCTS)
    renderings = {
        name: shown[name]
        for name, value in ours.items()
        if name in shown and shown[name] != value and is_rendering(sent=value, seen=shown[name])
    }
    return dict(values), encode(renderings)


def adopt_intent(link: Link, shown: Values) -> None:
    """Take what our create carried as agreed (on the unsaved link): the record turned out to be ours.

    Of a list that the SIS takes item by item, what is there so far is agreed: the rest was not written yet.
    """
    if link.baseline is None and link.intent is not None:
        values = dict(link.intent["values"])
        landed = {
            name: shown[name] for name in link.intent.get("parts", ()) if name in values and name in shown
        }
        ours = decode({name: values[name] for name in landed}, structs=STRUCTS)
        values |= encode({name: seen for name, seen in landed.items() if set(seen) < set(ours[name])})
        link.agree(*agreement_on(values, shown))


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """The SIS's side of a merge: its values, the salted fingerprint that stands for them, when (tick).

    `covered`: `Link.covered` as it was then.
    """

    values: Values
    source_hash: bytes | None
    tick: int
    now: dt.datetime
    covered: Mapping[str, Any] = field(default_factory=dict)


def settle(
    link: Link,
    merge: RecordMerge,
    *,
    seen: Seen,
    version: int,
    pushed: Mapping[str, Value] | None = None,
    after_write: Values | None = None,
    unpulled: Collection[str] = (),
) -> None:
    """Change `link` (unsaved) to what is agreed after the pulls of `merge` were written as `version`.

    `pushed`: what was written to the SIS and took effect; `after_write`: what the SIS then showed, where it
    was read. A pushed field whose SIS value is a rendering of ours (cut, other case) is agreed with both.
    `unpulled`: fields that somebody changed here since the merge; nothing is agreed on them.
    A field that is both pulled and pushed is never in `pushed`: it is sent once it stands here.
    """
    pushed = pushed or {}
    agreed = {
        name: None if name in unpulled else _agreed(name, decision, pushed, after_write)
        for name, decision in merge.decisions.items()
    }
    has_moved = _rebase(link, merge, agreed)
    link.state = LinkState.LINKED
    link.missing_since, link.missing_digest, link.retired_at, link.intent = None, "", None, None
    link.sent = still_in_flight(link.sent, seen.values, now=seen.now)
    link.covered = _still_covered(link, merge, seen, shown=after_write or seen.values, unpulled=unpulled)
    outstanding = bool(unpulled or link.covered) or any(
        d.is_held or d.rule in OUTSTANDING or (d.is_pushed and name not in pushed)
        for name, d in merge.decisions.items()
    )
    link.agreed_version = 0 if outstanding else version
    unconsumed = None in agreed.values() or any(d.rule in UNCONSUMED for d in merge.decisions.values())
    link.source_hash = None if unconsumed else seen.source_hash
    if pushed or merge.pulls or has_moved:  # an older snapshot is no news of it
        link.touched = seen.tick
    if not outstanding:
        link.synced_at = seen.now
    elif not unpulled:
        _keep_edits(link, merge, version=version)


def _keep_edits(link: Link, merge: RecordMerge, *, version: int) -> None:
    """Note (on the unsaved link) in what our `version` differs from its baseline, if `merge` tells it."""
    ours = {name: d.result if d.is_pulled else d.ours for name, d in merge.decisions.items()}
    base = baseline_of(link)
    if base is not None and base.values.keys() <= ours.keys():
        link.edits, link.edits_version = edited_fields(base, ours), version


def _still_covered(
    link: Link, merge: RecordMerge, seen: Seen, *, shown: Values, unpulled: Collection[str]
) -> dict[str, Any]:
    """What our writes covered and nobody has decided about; a later value of the SIS ends it."""
    undecided = {
        name: [
            one
            for one in found
            if covered_of(name, one).stands_in(shown.get(name))
            and (name in unpulled or merge.decisions[name].is_held or one not in seen.covered.get(name, ()))
        ]
        for name, found in link.covered.items()
        if name in merge.decisions
    }
    return {name: found for name, found in undecided.items() if found}


def has_news(link: Link, covered: Mapping[str, Any]) -> bool:
    """Whether it was found since `covered`, an earlier state, that a write covered something more."""
    return any(one not in covered.get(name, ()) for name, found in link.covered.items() for one in found)


def _rebase(link: Link, merge: RecordMerge, agreed: Mapping[str, tuple[Value, Value] | None]) -> bool:
    """Set the (unsaved) link's baseline to what is agreed; whether that is news."""
    baseline, theirs = dict(link.baseline or {}), dict(link.baseline_theirs)
    for name, decision in merge.decisions.items():
        found = agreed[name]
        if found is None and decision.has_base and not decision.is_covered:
            found = decision.base, decision.base_theirs  # an earlier write that was seen counts
        if found is None:
            continue
        ours_value, theirs_value = found
        baseline[name] = encode({name: ours_value})[name]
        theirs.pop(name, None)
        if theirs_value != ours_value:
            theirs[name] = encode({name: theirs_value})[name]
    has_moved = (baseline, theirs) != (link.baseline, link.baseline_theirs)
    link.agree(baseline, theirs)
    return has_moved


def _agreed(
    name: str, decision: Decision, pushed: Mapping[str, Value], after_write: Values | None
) -> tuple[Value, Value] | None:
    """(our rendering, the SIS's rendering) of what both sides hold now, or None.

    What was pulled holds all that the SIS shows. Where it holds more (a set merged from both sides), that is
    our change on top of it, to be sent next.
    """
    if decision.is_pulled:
        return decision.shows, decision.shows
    if decision.is_pushed:
        if name not in pushed:
            return None
        shown = after_write.get(name, decision.result) if after_write is not None else decision.result
        if shown == decision.result:
            return decision.result, shown
        return (decision.result, shown) if is_rendering(sent=decision.result, seen=shown) else None
    return (decision.ours, decision.shows) if decision.has_agreed else None


def count_fights(link: Link, merge: RecordMerge) -> None:
    """Note (on the unsaved link) which values of ours overwrite an SIS edit again."""
    fights = dict(link.fights)
    for name, decision in merge.decisions.items():
        if not decision.is_pushed:
            continue
        value = encode({name: decision.result})[name]
        before = fights.get(name)
        if decision.rule is not Rule.ALWAYS_TANDEM or not decision.is_logged:
            fights.pop(name, None)
        elif before and before["value"] == value:
            fights[name] = {"value": value, "times": before["times"] + 1}
        else:
            fights[name] = {"value": value, "times": 1}
    link.fights = fights
