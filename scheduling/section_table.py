"""The sections of a course, a room or a person, as the table on their pages shows them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from scheduling.domain.values import Assignment
from scheduling.models import Section
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill, section_pill
from scheduling.section_teams import named_teams
from scheduling.selectors import meetings_of
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

    `instructor`: tell the share of this person. Four queries, and one for `every`. Raises `BadCursor`.
    """
    page: Page[Section] = page_of(shown.select_related("course"), BY_CODE, cursor)
    total = shown.count()
    ids = [one.pk for one in page.rows]
    meetings = meetings_of(ids)
    teams, names = named_teams(ids)
    return SectionTable(
        lines=[
            SectionLine(
                pk=one.pk,
                label=str(one),
                crn=one.crn,
                title=one.title or one.course.title,
                pill=section_pill(one.status),
                meetings=tuple(meeting_words(each) for each in meetings.get(one.pk, ())),
                team=tuple(assignment_words(each, names) for each in teams.get(one.pk, ())),
                seats=_seats(one),
                share=_share(teams.get(one.pk, ()), instructor),
            )
            for one in page.rows
        ],
        next=page.next,
        previous=page.previous,
        total=total,
        hidden=every.count() - total if every is not None else 0,
    )


def _seats(section: Section) -> str:
    parts = [BLANK if number is None else f"{number:,}" for number in (section.enrollment, section.capacity)]
    return " of ".join(parts)


def _share(team: Sequence[Assignment], instructor: str) -> str:
    mine = next((one for one in team if one.instructor == instructor), None)
    if mine is None:
        return ""
    return f"{mine.percent:g} %{', primary' if mine.is_primary else ''}"
