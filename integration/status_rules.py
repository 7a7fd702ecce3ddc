"""From what is known of a section to its integration status. Pure: no queries, no clock.

The answer is one out of a closed list (DOMAIN.md, What the integration status must say): every `Code` has its
state here and its sentences in `status_words`.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class State(StrEnum):
    """The states of CONTRACT.md, the worst first."""

    REJECTED = "REJECTED"
    HELD = "HELD"
    NOT_SYNCED = "NOT_SYNCED"
    ON_ITS_WAY = "ON_ITS_WAY"
    SYNCED = "SYNCED"


SEVERITY = {state: rank for rank, state in enumerate(State)}


class Code(StrEnum):
    """Why a section stands where it stands."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    AWAITING = "AWAITING"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    SIS_UNREACHABLE = "SIS_UNREACHABLE"
    RECORD_LOCKED = "RECORD_LOCKED"
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"
    WAITING_FOR_MEMBER = "WAITING_FOR_MEMBER"
    TOO_FEW_MEMBERS = "TOO_FEW_MEMBERS"
    MEMBER_GONE = "MEMBER_GONE"
    TYPE_OFF = "TYPE_OFF"
    TERM_OFF = "TERM_OFF"
    TERM_OVER = "TERM_OVER"
    TERM_GONE = "TERM_GONE"
    SENDING_OFF = "SENDING_OFF"
    REAL_TIME_OFF = "REAL_TIME_OFF"
    PAUSED = "PAUSED"
    CONFLICT = "CONFLICT"
    NUMBER_CYCLE = "NUMBER_CYCLE"
    SIS_CANNOT = "SIS_CANNOT"
    SIS_REJECTED = "SIS_REJECTED"
    GIVEN_UP = "GIVEN_UP"
    IMPORT_REJECTED = "IMPORT_REJECTED"
    MISSING_IN_SIS = "MISSING_IN_SIS"
    REMOVED_IN_SIS = "REMOVED_IN_SIS"
    CANCELLED_UNSENT = "CANCELLED_UNSENT"
    NOTHING_TO_SEND = "NOTHING_TO_SEND"
    VERIFIED = "VERIFIED"
    AGREED = "AGREED"


def state_of(code: Code) -> State:
    """The state that a reason puts a section in."""
    match code:
        case Code.SIS_REJECTED | Code.GIVEN_UP | Code.IMPORT_REJECTED:
            return State.REJECTED
        case Code.CONFLICT | Code.NUMBER_CYCLE | Code.SIS_CANNOT | Code.PAUSED:
            return State.HELD
        case Code.TOO_FEW_MEMBERS | Code.MEMBER_GONE:
            return State.HELD
        case Code.TYPE_OFF | Code.TERM_OFF | Code.TERM_OVER | Code.TERM_GONE:
            return State.NOT_SYNCED
        case Code.SENDING_OFF | Code.REAL_TIME_OFF | Code.MISSING_IN_SIS | Code.CANCELLED_UNSENT:
            return State.NOT_SYNCED
        case Code.QUEUED | Code.SENDING | Code.AWAITING | Code.UNKNOWN_OUTCOME:
            return State.ON_ITS_WAY
        case Code.SIS_UNREACHABLE | Code.RECORD_LOCKED | Code.CHANGED_MEANWHILE | Code.WAITING_FOR_MEMBER:
            return State.ON_ITS_WAY
        case Code.VERIFIED | Code.AGREED | Code.NOTHING_TO_SEND | Code.REMOVED_IN_SIS:
            return State.SYNCED
        case _:
            assert_never(code)


class Presence(StrEnum):
    """Where a record stands between the two systems (the values of `LinkState`)."""

    NEW = "NEW"
    CREATING = "CREATING"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    LINKED = "LINKED"
    MISSING_IN_SIS = "MISSING_IN_SIS"
    RETIRED = "RETIRED"
    ARCHIVED = "ARCHIVED"


class Progress(StrEnum):
    """How far its outbound row is (the values of `OutboundChange.State`); NONE: it has no row."""

    NONE = "NONE"
    WAITING = "WAITING"
    SENDING = "SENDING"
    AWAITING = "AWAITING"
    PARKED = "PARKED"
    DONE = "DONE"


class Hindrance(StrEnum):
    """What the last attempt met (`OutboundChange.error_class`); NONE: nothing, or no attempt yet."""

    NONE = ""
    TRANSIENT = "TRANSIENT"
    RATE_LIMITED = "RATE_LIMITED"
    LOCKED = "LOCKED"
    VALIDATION = "VALIDATION"
    AUTH = "AUTH"
    CONFLICT = "CONFLICT"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    WAITING_FOR_MEMBER = "WAITING_FOR_MEMBER"
    TOO_FEW_MEMBERS = "TOO_FEW_MEMBERS"
    MEMBER_GONE = "MEMBER_GONE"
    SIS_CANNOT = "SIS_CANNOT"
    NUMBER_CYCLE = "NUMBER_CYCLE"


HINDERED: Mapping[Hindrance, Code] = {
    Hindrance.NONE: Code.QUEUED,
    Hindrance.TRANSIENT: Code.SIS_UNREACHABLE,
    Hindrance.RATE_LIMITED: Code.SIS_UNREACHABLE,
    Hindrance.AUTH: Code.SIS_UNREACHABLE,
    Hindrance.LOCKED: Code.RECORD_LOCKED,
    Hindrance.VALIDATION: Code.QUEUED,  # it was released: what it was refused for is free now
    Hindrance.CONFLICT: Code.CHANGED_MEANWHILE,
    Hindrance.NOT_FOUND: Code.MISSING_IN_SIS,
    Hindrance.UNKNOWN_OUTCOME: Code.UNKNOWN_OUTCOME,
    Hindrance.WAITING_FOR_MEMBER: Code.WAITING_FOR_MEMBER,
    Hindrance.TOO_FEW_MEMBERS: Code.TOO_FEW_MEMBERS,
    Hindrance.MEMBER_GONE: Code.MEMBER_GONE,
    Hindrance.SIS_CANNOT: Code.SIS_CANNOT,
    Hindrance.NUMBER_CYCLE: Code.NUMBER_CYCLE,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempted:
    """The last attempt to send: what it met, in plain words and in the SIS's own, and when the next is."""

    hindrance: Hindrance = Hindrance.NONE
    text: str = ""
    words: str = ""
    field: str = ""
    next_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispute:
    """An open conflict; `field` blank: the record as a whole. Values are in words.

    `is_number`: section numbers wait for each other; the sides do not differ otherwise. `is_covered`: Tandem
    wrote over what the SIS had just got, so that it shows Tandem's value.
    """

    conflict: int
    is_number: bool = False
    is_covered: bool = False
    field: str = ""
    label: str = ""
    is_plural: bool = False
    base: str = ""
    ours: str = ""
    theirs: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why the last import did not take what the SIS holds."""

    message: str
    field: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """How far the settings let a type of a term go now. `term` is its name, `code` what commands call it.

    `switch_over`: the date on which the switch ended by itself; `pause`: why a safeguard stopped sending;
    `plan`: the plan that waits for a person; `last_import`: the run that last imported it.
    """

    type_name: str = "sections"
    term: str = ""
    code: str = ""
    is_type_on: bool = True
    is_term_there: bool = True
    is_term_on: bool = True
    switch_over: dt.date | None = None
    is_sending: bool = True
    is_nightly: bool = True
    is_real_time: bool = True
    pause: str = ""
    plan: int | None = None
    last_import: int | None = None

    @property
    def is_followed(self) -> bool:
        """Whether merges of it run by themselves, so that how far it is is worth telling."""
        is_on = self.is_term_on and self.is_term_there and self.switch_over is None
        return is_on and (self.is_nightly or self.is_real_time)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFacts:
    """What is known of one record: the section itself (`name` blank) or one of its groups.

    `unsent`: labels of fields that differ from what both sides agreed on and may be sent; `kept`: those that
    may not; `waits_for`: members that the SIS does not have; `is_too_small`: a group of fewer than two;
    `lost`: members that the SIS will never have; `in_plan`: the waiting plan would change it.
    """

    name: str = ""
    presence: Presence = Presence.NEW
    is_cancelled: bool = False
    progress: Progress = Progress.NONE
    attempted: Attempted = Attempted()
    synced_at: dt.datetime | None = None
    is_verified: bool = False
    missing_since: dt.datetime | None = None
    unsent: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    waits_for: tuple[str, ...] = ()
    is_too_small: bool = False
    lost: tuple[str, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    in_plan: bool = False
    channel: Channel = Channel()


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason of one record; `dispute` and `refusal` where it is about one."""

    code: Code
    record: RecordFacts
    dispute: Dispute | None = None
    refusal: Refusal | None = None


def reasons_of(record: RecordFacts) -> Iterator[Reason]:
    """Why the record stands where it stands; at least one reason, the same ones for the same facts."""
    found = [
        *(Reason(code=Code.IMPORT_REJECTED, record=record, refusal=one) for one in record.refusals),
        *(
            Reason(code=Code.NUMBER_CYCLE if one.is_number else Code.CONFLICT, record=record, dispute=one)
            for one in record.disputes
        ),
    ]
    told = {one.code for one in found}
    found += [Reason(code=code, record=record) for code in dict.fromkeys(_codes(record)) if code not in told]
    yield from found or [Reason(code=_at_rest(record), record=record)]


def _codes(record: RecordFacts) -> Iterator[Code]:
    if any(not one.field for one in record.disputes):
        return  # the record as a whole waits for a person
    if record.presence in {Presence.RETIRED, Presence.ARCHIVED}:
        yield Code.REMOVED_IN_SIS
        return
    if record.presence is Presence.MISSING_IN_SIS:
        yield Code.MISSING_IN_SIS
    if record.progress is Progress.PARKED:
        rejected = record.attempted.hindrance is Hindrance.VALIDATION
        yield Code.SIS_REJECTED if rejected else Code.GIVEN_UP
    elif _has_something(record):
        yield from _on_the_way(record)
    elif record.in_plan:
        yield Code.PAUSED


def _has_something(record: RecordFacts) -> bool:
    """Whether the SIS lacks something that it is to get."""
    match record.presence:
        case Presence.NEW:
            return not record.is_cancelled
        case Presence.CREATING | Presence.UNKNOWN_OUTCOME:
            return True
        case Presence.LINKED | Presence.MISSING_IN_SIS | Presence.RETIRED | Presence.ARCHIVED:
            is_open = record.progress in {Progress.SENDING, Progress.AWAITING}
            return bool(record.unsent) or is_open or record.attempted.hindrance is not Hindrance.NONE
        case _:
            assert_never(record.presence)


def _on_the_way(record: RecordFacts) -> Iterator[Code]:
    """In the order in which a change meets them: what was sent already, the switches, the SIS, the queue."""
    hindrance = record.attempted.hindrance
    if record.progress is Progress.SENDING:
        yield Code.SENDING
        return
    if record.progress is Progress.AWAITING:
        yield Code.AWAITING
        return
    is_unknown = record.presence in {Presence.CREATING, Presence.UNKNOWN_OUTCOME}
    if is_unknown or hindrance is Hindrance.UNKNOWN_OUTCOME:
        yield Code.UNKNOWN_OUTCOME
    closed = barred(record.channel)
    if closed is not None:
        yield closed
    elif record.is_too_small:
        yield Code.TOO_FEW_MEMBERS
    elif record.lost and record.presence is Presence.NEW:
        yield Code.MEMBER_GONE
    elif record.waits_for:
        yield Code.WAITING_FOR_MEMBER
    elif not is_unknown or hindrance is not Hindrance.NONE:
        code = HINDERED[hindrance]
        yield Code.REAL_TIME_OFF if code is Code.QUEUED and not record.channel.is_real_time else code


def barred(channel: Channel) -> Code | None:
    """Which setting keeps it from going at all."""
    checks = (
        (not channel.is_type_on, Code.TYPE_OFF),
        (not channel.is_term_there, Code.TERM_GONE),
        (channel.switch_over is not None, Code.TERM_OVER),
        (not channel.is_term_on, Code.TERM_OFF),
        (not channel.is_sending, Code.SENDING_OFF),
        (bool(channel.pause), Code.PAUSED),
    )
    return next((code for applies, code in checks if applies), None)


def _at_rest(record: RecordFacts) -> Code:
    """Nothing is on its way and nothing is wrong."""
    if record.presence is Presence.NEW:
        return Code.CANCELLED_UNSENT
    if record.kept:
        return Code.NOTHING_TO_SEND
    return Code.VERIFIED if record.is_verified else Code.AGREED
