"""The sections of a term as somebody asked for them: conditions, order, columns, a page and the count."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

from django.db.models import QuerySet
from django.http import QueryDict

from phases.policy import Permission
from scheduling.integration_side import IntegrationSide
from scheduling.models import Section, Term
from scheduling.paging import BadCursor, Page, page_of
from scheduling.section_classes import with_classes
from scheduling.section_columns import COLUMNS, SECTION, SORTS, Column, columns_shown, ordering_of
from scheduling.section_filters import CURSOR, DAY_NAMES, ONLY_CHOICES, STATE_CHOICES, Asked, read_address
from scheduling.section_links import Heading, Link, chips_of, heading_of, views_of
from scheduling.section_matching import in_state, matching
from scheduling.section_rows import Row, rows_of
from scheduling.services.bulk import MOST_SECTIONS
from scheduling.terms import departments_of
from scheduling.visibility import Viewer, visible_departments, visible_sections

LOST_PLACE = "The place in the list was lost; this is its first page."
NOT_FOLLOWED = "SIS states are not shown here: you may not see them, or nothing is merged in this term."
FOLDED = ("subject", "day", "from", "to", "room", "instructor")


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionList:
    """All that the page shows. `headings` are those of the columns shown, `offered` the columns there are."""

    asked: Asked
    rows: Sequence[Row]
    count: int
    headings: Sequence[Heading]
    offered: Sequence[Column]
    departments: Mapping[str, str]
    views: Sequence[Link]
    chips: Sequence[Link]
    problems: Sequence[str] = ()
    next: str = ""
    previous: str = ""

    has_states: bool = False
    is_of_departments: bool = False
    may_edit: bool = False
    may_export: bool = False
    may_create: bool = False

    statuses: ClassVar[Mapping[str, str]] = dict(Section.Status.choices)
    onlys: ClassVar[Mapping[str, str]] = ONLY_CHOICES
    days: ClassVar[Mapping[str, str]] = DAY_NAMES

    @property
    def states(self) -> Mapping[str, str]:
        """The SIS states that may be asked for; none where they are not shown."""
        return STATE_CHOICES if self.has_states else {}

    @property
    def columns(self) -> Sequence[Column]:
        """The columns shown, the section itself first."""
        return [one.column for one in self.headings]

    @property
    def count_words(self) -> str:
        """How many sections there are, on all pages."""
        return f"{self.count:,} section{'' if self.count == 1 else 's'}"

    @property
    def may_edit_all(self) -> bool:
        """Whether all that the conditions find are few enough to be changed at once, and more than a page."""
        return self.may_edit and len(self.rows) < self.count <= MOST_SECTIONS

    @property
    def is_empty_term(self) -> bool:
        """Whether there is nothing in the term that any condition could leave out."""
        return not self.count and not self.asked.values

    @property
    def has_more_conditions(self) -> bool:
        """Whether a condition is given that stands in the part of the form that is folded."""
        return any(name in self.asked.values for name in FOLDED)

    @property
    def here(self) -> str:
        """The address of this list, from its first page, to be kept or sent to somebody."""
        return self.asked.query

    @property
    def cleared(self) -> str:
        """The same list without conditions."""
        return replace(self.asked, values={}).query


def section_list(
    term: Term, actor: Viewer, query: QueryDict, *, side: IntegrationSide | None, now: dt.datetime
) -> SectionList:
    """The page that `query` asks for; `side`: who tells the SIS states, if they are to be shown."""
    departments = departments_of(term, visible_departments(actor))
    offered = columns_shown([one.name for one in COLUMNS], shows_integration=side is not None)
    asked = _asked(query, departments, offered, shows_integration=side is not None)
    sections = _sections(term, actor, asked, side=side, now=now)
    page, is_lost = _page(sections, asked, query.get(CURSOR, ""), term=term)
    columns = columns_shown(asked.columns, shows_integration=side is not None)
    is_untold = side is None and bool(asked.one("state"))
    return SectionList(
        asked=asked,
        rows=rows_of(page.rows, columns, side=side, now=now),
        count=page.total,
        headings=[heading_of(column, asked) for column in (SECTION, *columns)],
        offered=offered,
        departments=departments,
        views=views_of(asked, shows_integration=side is not None),
        chips=chips_of(asked, departments),
        problems=[*asked.problems, *[NOT_FOLLOWED] * is_untold, *[LOST_PLACE] * is_lost],
        next=page.next,
        previous=page.previous,
        has_states=side is not None,
        is_of_departments=visible_departments(actor) is not None,
        may_create=actor.departments(Permission.CREATE_SECTION) != frozenset(),
        may_edit=actor.departments(Permission.EDIT_SECTIONS) != frozenset(),
        may_export=actor.departments(Permission.IMPORT_AND_EXPORT) != frozenset(),
    )


def sections_asked(
    term: Term, actor: Viewer, query: QueryDict, *, side: IntegrationSide | None, now: dt.datetime
) -> QuerySet[Section]:
    """The sections of all pages of the list that `query` asks for."""
    offered = columns_shown([one.name for one in COLUMNS], shows_integration=side is not None)
    asked = _asked(
        query, departments_of(term, visible_departments(actor)), offered, shows_integration=side is not None
    )
    return _sections(term, actor, asked, side=side, now=now)


def _asked(
    query: QueryDict, departments: Mapping[str, str], offered: Sequence[Column], *, shows_integration: bool
) -> Asked:
    return read_address(
        query,
        departments=departments,
        sorts=SORTS,
        columns=[one.name for one in offered],
        usual_columns=[one.name for one in columns_shown((), shows_integration=shows_integration)],
    )


def _sections(
    term: Term, actor: Viewer, asked: Asked, *, side: IntegrationSide | None, now: dt.datetime
) -> QuerySet[Section]:
    """The sections of all pages; none where something is asked that cannot be meant or told."""
    sections = visible_sections(actor).filter(term=term)
    if asked.is_impossible or (side is None and asked.one("state")):
        return sections.none()
    sections = matching(sections, asked)
    return sections if side is None else in_state(sections, asked, side, term=term.pk, now=now)


def _page(
    sections: QuerySet[Section], asked: Asked, cursor: str, *, term: Term
) -> tuple[Page[Section], bool]:
    """The page at `cursor`, and whether it had to be the first one."""
    # That the courses are of the term too is known; said, it lets the database read them in their order.
    rows = sections.filter(course__term=term).select_related("course", "campus").defer("notes", "custom")
    page = partial(page_of, with_classes(rows), ordering_of(asked.sort), whole=sections)
    try:
        return page(cursor), False
    except BadCursor:
        return page(), True
