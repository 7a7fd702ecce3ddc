"""Who teaches in a term: the list with its filters, and one person's page.

People belong to the whole institution; which sections they teach is shown for the departments that the reader
sees, and the others are only counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from scheduling.models import Department, Instructor, InstructorAssignment, Section, Term
from scheduling.paging import Ordering, Page, page_of
from scheduling.visibility import Viewer, visible_sections

BY_NAME = Ordering(keys=(("last_name", ""), ("first_name", "")))
TEACHING, IDLE = "teaching", "idle"


@dataclass(frozen=True, kw_only=True, slots=True)
class InstructorFilters:
    """What the list is narrowed to; blank: not. `load`: `TEACHING` or `IDLE` in the term."""

    words: str = ""
    department: str = ""
    load: str = ""

    @property
    def is_any(self) -> bool:
        """Whether the list is narrowed at all."""
        return bool(self.words or self.department or self.load)


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """What somebody teaches: live sections, and the sum of the shares in percent."""

    sections: int = 0
    percent: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class InstructorLine:
    """One person; `hidden`: sections of departments that the reader does not see."""

    instructor: Instructor
    load: Load
    hidden: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InstructorList:
    """A page of people, its cursors, and how many there are in all."""

    lines: Sequence[InstructorLine]
    total: int
    next: str = ""
    previous: str = ""


def instructor_list(
    term: Term, actor: Viewer, filters: InstructorFilters, cursor: str = ""
) -> InstructorList:
    """The people by name, in three queries. Raises `BadCursor`."""
    people = Instructor.objects.select_related("department").filter(_condition(filters, term))
    page: Page[Instructor] = page_of(people, BY_NAME, cursor, whole=people)
    ids = [one.pk for one in page.rows]
    every = loads(ids, Section.objects.filter(term=term))
    shown = loads(ids, visible_sections(actor).filter(term=term))
    nothing = Load()
    return InstructorList(
        lines=[
            InstructorLine(
                instructor=one,
                load=shown.get(one.pk, nothing),
                hidden=every.get(one.pk, nothing).sections - shown.get(one.pk, nothing).sections,
            )
            for one in page.rows
        ],
        total=page.total,
        next=page.next,
        previous=page.previous,
    )


def _condition(filters: InstructorFilters, term: Term) -> Q:
    condition = Q()
    for word in filters.words.split():
        condition &= Q(first_name__icontains=word) | Q(last_name__icontains=word) | Q(sis_id__icontains=word)
    if filters.department:
        condition &= Q(department=filters.department)
    live = InstructorAssignment.objects.filter(section__term=term, section__status=Section.Status.ACTIVE)
    teaches = Q(Exists(live.filter(instructor=OuterRef("pk"))))
    if filters.load == TEACHING:
        condition &= teaches
    elif filters.load == IDLE:
        condition &= ~teaches
    return condition


def loads(instructor_ids: Sequence[str], sections: QuerySet[Section]) -> Mapping[str, Load]:
    """Instructor's SIS id -> what they teach of the live ones of `sections`, in one query."""
    live = sections.filter(status=Section.Status.ACTIVE).order_by().values("pk")
    rows = (
        InstructorAssignment.objects.filter(instructor__in=instructor_ids, section__in=live)
        .order_by()
        .values("instructor_id")
        .annotate(count=Count("pk"), percent=Sum("percent"))
    )
    return {row["instructor_id"]: Load(sections=row["count"], percent=row["percent"]) for row in rows}


def sections_taught(sections: QuerySet[Section], instructor: Instructor, term: Term) -> QuerySet[Section]:
    """Those of `sections` that somebody teaches in this term, cancelled ones too."""
    taught = InstructorAssignment.objects.filter(instructor=instructor).values("section_id")
    return sections.filter(term=term, pk__in=taught)


def departments_with_people() -> list[Department]:
    """The departments to choose from, in one query."""
    return list(Department.objects.filter(Exists(Instructor.objects.filter(department=OuterRef("pk")))))
