"""What has to be written so that a section's events and assignments become those that are wanted. Pure.

What is there and wanted stays untouched; an event that differs is changed in place, so that half of a change
is never a meeting lost.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from msgspec import structs

from integration.merge.sets import pair
from scheduling.domain.values import Assignment, Meeting


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingChanges:
    """GUID -> what an event becomes; new meetings; GUIDs of events that go."""

    changed: tuple[tuple[str, Meeting], ...]
    new: tuple[Meeting, ...]
    gone: tuple[str, ...]


def meeting_changes(there: Sequence[tuple[str, Meeting]], wanted: Collection[Meeting]) -> MeetingChanges:
    """`there`: GUID and meeting of every event of the section."""
    stay = {meeting for _guid, meeting in there if meeting in wanted}
    rest = [(guid, meeting) for guid, meeting in there if meeting not in wanted]
    missing = tuple(sorted(set(wanted) - stay))
    matched, _new = pair(tuple(meeting for _guid, meeting in rest), missing)
    used = set(matched.values())
    spare = [position for position in range(len(rest)) if position not in matched]
    left = [meeting for meeting in missing if meeting not in used]
    matched |= dict(zip(spare, left, strict=False))  # nothing in common, and still one event less to make
    changed = tuple((rest[position][0], meeting) for position, meeting in sorted(matched.items()))
    placed = {meeting for _guid, meeting in changed}
    return MeetingChanges(
        changed=changed,
        new=tuple(meeting for meeting in missing if meeting not in placed),
        gone=tuple(guid for position, (guid, _meeting) in enumerate(rest) if position not in matched),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A section-instructor in the SIS: its GUID and what it says."""

    guid: str
    assignment: Assignment


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamStep:
    """One write: a removal (`wanted` None), a change of `guid`, or a new assignment (`guid` blank)."""

    guid: str
    wanted: Assignment | None


def team_steps(there: Sequence[Held], wanted: Sequence[Assignment]) -> list[TeamStep]:
    """In an order that the SIS takes: never two primaries, and a primary never goes while others stay.

    Whoever is primary no longer says so first; then those who are not, then the new primary, removals last
    with what was the primary at their end. Where a person has several rows, the first is the one.
    """
    rows: dict[str, Held] = {}
    spare = [held for held in there if rows.setdefault(held.assignment.instructor, held) is not held]
    split = {held.assignment.instructor for held in spare}
    goal = {one.instructor: one for one in wanted}
    changes = [
        TeamStep(guid=rows[who].guid if who in rows else "", wanted=one)
        for who, one in goal.items()
        if who not in rows or rows[who].assignment != one or who in split
    ]
    gone = [held for who, held in rows.items() if who not in goal] + spare
    demoted = [
        TeamStep(guid=held.guid, wanted=structs.replace(held.assignment, is_primary=False))
        for held in gone
        if held.assignment.is_primary and wanted
    ]
    was_primary = {held.guid for held in there if held.assignment.is_primary}

    def turn(step: TeamStep) -> tuple[bool, bool]:
        is_primary = step.wanted is not None and step.wanted.is_primary
        return is_primary, step.guid not in was_primary

    removals = sorted(gone, key=lambda held: held.assignment.is_primary)
    return [
        *demoted,
        *sorted(changes, key=turn),
        *(TeamStep(guid=held.guid, wanted=None) for held in removals),
    ]
