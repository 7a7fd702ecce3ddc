"""The same compare done with the library `diffsync`: load both sides, diff, sync in memory.

It is given the lightest shape that finds the same differences: one flat model a section, meetings and
instructors as attributes, filled by three plain queries on our side and straight from the documents on the
SIS's, without checking values or references. It writes nothing anywhere.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from diffsync import Adapter, DiffSyncModel

from integration.sis.port import MergeType, SisRecord
from integration.sis.registry import configured_adapter
from scheduling.models import InstructorAssignment, Meeting, Section

from .measuring import Measured, measured

TEXTS = (
    *("section_number", "title", "status", "schedule_type", "instruction_mode", "campus", "part_of_term"),
    *("start_date", "end_date", "credits", "notes"),
)
NUMBERS = ("capacity", "waitlist_capacity", "enrollment", "waitlisted")
OURS = {"campus": "campus_id"}
Rows = tuple[tuple[str, ...], ...]


class ComparedSection(DiffSyncModel):
    """One section on one side."""

    _modelname = "section"
    _identifiers = ("sis_id",)
    _attributes = ("course", *TEXTS, *NUMBERS, "meetings", "instructors")

    sis_id: str
    course: str
    section_number: str
    title: str
    status: str
    schedule_type: str
    instruction_mode: str
    campus: str
    part_of_term: str
    start_date: str
    end_date: str
    credits: str
    notes: str
    capacity: int | None
    waitlist_capacity: int | None
    enrollment: int | None
    waitlisted: int | None
    meetings: Rows
    instructors: Rows


class Side(Adapter):
    """One side's sections."""

    section = ComparedSection
    top_level = ("section",)

    def take(self, sections: Iterator[dict[str, Any]]) -> None:
        """Load what one side has."""
        for values in sections:
            self.add(ComparedSection(**values))


def _ours(term: str) -> Iterator[dict[str, Any]]:
    meetings, instructors = _our_meetings(term), _our_instructors(term)
    columns = [OURS.get(name, name) for name in TEXTS]
    rows = Section.objects.filter(term_id=term).order_by()
    for pk, sis_id, course, *cells in rows.values_list(
        "id", "sis_id", "course__sis_id", *columns, *NUMBERS
    ).iterator():
        texts = ("" if cell is None else str(cell) for cell in cells[: len(TEXTS)])
        yield {
            "sis_id": sis_id,
            "course": course,
            **dict(zip(TEXTS, texts, strict=True)),
            **dict(zip(NUMBERS, cells[len(TEXTS) :], strict=True)),
            "meetings": tuple(sorted(meetings.get(pk, ()))),
            "instructors": tuple(sorted(instructors.get(pk, ()))),
        }


def _our_meetings(term: str) -> dict[int, list[tuple[str, ...]]]:
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    rows = Meeting.objects.filter(section__term_id=term).order_by()
    for section, days, start, end, building, in_building, number, first, last in rows.values_list(
        *("section_id", "days", "start_time", "end_time", "building_id", "room__building_id", "room__number"),
        *("start_date", "end_date"),
    ).iterator():
        times = (one.strftime("%H:%M") if one else "" for one in (start, end))
        place = building or in_building or "", number or ""
        found[section].append((days, *times, *place, str(first or ""), str(last or "")))
    return found


def _our_instructors(term: str) -> dict[int, list[tuple[str, ...]]]:
    found: dict[int, list[tuple[str, ...]]] = defaultdict(list)
    rows = InstructorAssignment.objects.filter(section__term_id=term).order_by()
    for section, instructor, percent, is_primary in rows.values_list(
        "section_id", "instructor_id", "percent", "is_primary"
    ).iterator():
        found[section].append((instructor, f"{float(percent):g}", str(is_primary)))
    return found


def _theirs(term: str) -> Iterator[dict[str, Any]]:
    adapter = configured_adapter()
    for record in adapter.read_all(MergeType.SECTIONS, term=term):
        if not isinstance(record, SisRecord):
            continue
        doc = record.load()
        meetings = (
            tuple(
                one[name]
                for name in ("days", "start_time", "end_time", "building", "room", "start_date", "end_date")
            )
            for one in doc["meetings"]
        )
        people = (
            (one["instructor"], f"{float(one['percent']):g}", one["is_primary"]) for one in doc["instructors"]
        )
        yield {
            "sis_id": record.sis_id,
            "course": doc["course"],
            **{name: doc[name] for name in TEXTS},
            **{name: int(doc[name]) if doc[name] else None for name in NUMBERS},
            "meetings": tuple(sorted(meetings)),
            "instructors": tuple(sorted(people)),
        }


def compare(term: str) -> Measured:
    """Load, diff and sync; `facts` tell how many sections differ."""
    with measured() as result:
        ours, theirs = Side(), Side()
        ours.take(_ours(term))
        theirs.take(_theirs(term))
        difference = ours.diff_from(theirs)
        ours.sync_from(theirs, diff=difference)
    summary = difference.summary()
    result.facts = {"sections": ours.count("section"), "differ": summary["update"], **summary}
    return result
