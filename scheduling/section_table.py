"""The sections of a course, a room or a person, as the table on their pages shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from scheduling.domain.values import Assignment
from scheduling.models import Section
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill, section_pill
from scheduling.section_classes import meetings_along, team_along, with_classes
from scheduling.showing import BLANK, assignment_words, meeting_words

BY_CODE = Ordering(keys=(("course__subject", ""), ("course__number", ""), ("section_number", "")))


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionLine:
    """One section of the table. `share`: the part of the person whose page it is, blank elsewhere."""

    pk: int
    label: str
    crn: str
    title: str
    pill: Pill
    meetings: tuple[str, ...]
    team: tuple[str, ...]
    seats: str
    share: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionTable:
    """A page of sections and its cursors. `hidden`: how many more there are of departments not shown."""

    lines: Sequence[SectionLine]
    next: str = ""
    previous: str = ""
    total: int = 0
    hidden: int = 0

    @property
    def has_shares(self) -> bool:
        """Whether the table tells a person's share of each section."""
        return any(line.share for line in self.lines)


def section_table(
    shown: QuerySet[Section],
    cursor: str = "",
    *,
    every: QuerySet[Section] | None = None,
    instructor: str = "",
) -> SectionTable:
    """The page of `shown` at `cursor`, by code; `every`: the same without regard to who looks.

    `instructor`: tell the share of this person. One query, and one for `every`. Raises `BadCursor`.
    """
    rows = with_classes(shown.select_related("course"))
    page: Page[Section] = page_of(rows, BY_CODE, cursor, whole=shown)
    return SectionTable(
        lines=[_line(one, instructor) for one in page.rows],
        next=page.next,
        previous=page.previous,
        total=page.total,
        hidden=every.count() - page.total if every is not None else 0,
    )


def _line(section: Section, instructor: str) -> SectionLine:
    team, names = team_along(section)
    return SectionLine(
        pk=section.pk,
        label=str(section),
        crn=section.crn,
        title=section.title or section.course.title,
        pill=section_pill(section.status),
        meetings=tuple(meeting_words(each) for each in meetings_along(section)),
        team=tuple(assignment_words(each, names) for each in team),
        seats=_seats(section),
        share=_share(team, instructor),
    )


def _seats(section: Section) -> str:
    parts = [BLANK if number is None else f"{number:,}" for number in (section.enrollment, section.capacity)]
    return " of ".join(parts)


def _share(team: Sequence[Assignment], instructor: str) -> str:
    mine = next((one for one in team if one.instructor == instructor), None)
    if mine is None:
        return ""
    return f"{mine.percent:g} %{', primary' if mine.is_primary else ''}"
