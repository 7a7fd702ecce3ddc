"""What the delivery model speaks of: the fields, what people write, and the guards of the protocol."""

import datetime as dt
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from integration.merge.policy import FieldPolicy, Source
from integration.merge.records import Shape
from integration.merge.removal import SnapshotEvidence

EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HORIZON = 4
"""Ticks after which a request whose answer was lost has surely landed, or never will."""
ROUNDS = 14
SEATS, NOTES, TITLE, TEAM = "capacity", "notes", "title", "instructors"
SCALARS = (SEATS, NOTES, TITLE)
NAMES = (*SCALARS, TEAM)
POLICIES = (
    FieldPolicy(name=SEATS, source=Source.PREFER_TANDEM),
    FieldPolicy(name=NOTES, source=Source.PREFER_SIS),
    FieldPolicy(name=TITLE, source=Source.ASK),
    FieldPolicy(name=TEAM, source=Source.ASK, shape=Shape.KEYED, key_of=lambda one: one.instructor),
)
WHOLE = "the whole record"


class Guard(StrEnum):
    """What the protocol does so that the invariants hold."""

    LOOK_UP = "an unknown create is looked up before it is sent again"
    WAIT_OUT = "a create is sent again only when the lost one cannot land, or the SIS refuses a second"
    SAME_CREATE = "a create that is sent again carries what the first one carried"
    WRITE_AHEAD = "values are noted as sent before they are sent"
    KEEP_UNSEEN = "a sent value stays noted until it is seen or its horizon has passed"
    TELL_APART = "a value sent twice stays noted until its horizon: seeing it tells nothing of the first"
    LOG_FIRST = "what a write will cover is kept before it is sent"
    AWAIT = "where the SIS applies later, nothing is sent twice before the horizon"
    TOKEN = "a write over an unseen change is refused"
    COMPARE_AND_SET = "a pull writes only over the value that was merged"
    PULL_FIRST = "a set merged from both sides is written here before it is sent"
    WATERMARK = "a snapshot is no news of a record touched since it began"
    TOUCH = "learning that a write landed touches the record"
    ONLY_COMPLETE = "absence is evidence only in a complete snapshot"
    SECOND_SIGHTING = "an unproven absence is confirmed before it is followed"
    UNTOUCHED_ABSENCE = "absence is no evidence of a record touched since the snapshot began"
    KEEP_OUR_EDITS = "a removal in the SIS does not remove what was edited here"
    KEEP_THEIR_EDITS = "a removal here does not remove what was edited in the SIS"
    OLD_EVIDENCE = "evidence older than a retirement brings nothing back"


class Evidence(Enum):
    """What kind of snapshot is taken."""

    PROVEN = auto()
    UNPROVEN = auto()  # called complete, but it may miss the record, once
    CUT_SHORT = auto()  # misses the record, and is known not to be complete


class Violation(AssertionError):
    """An invariant does not hold."""


@dataclass
class Row:
    """Our record."""

    values: dict
    version: int = 1


@dataclass(frozen=True)
class Snapshot:
    rows: dict
    evidence: SnapshotEvidence
    watermark: int
    taken_at: int


HERE, THERE = "here", "there"


@dataclass(frozen=True)
class Write:
    """What somebody wrote; `at` orders all writes."""

    side: str
    name: str
    value: object
    at: int
