"""The courses of a term: the list with its filters, and one course's page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from scheduling.models import Course, Section, Term
from scheduling.paging import Ordering, Page, page_of
from scheduling.visibility import Viewer, visible_departments

BY_CODE = Ordering(keys=(("subject", ""), ("number", "")))
WITH, WITHOUT = "with", "without"


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseFilters:
    """What the list is narrowed to; blank: not. `offered`: `WITH` or `WITHOUT` live sections."""

    words: str = ""
    department: str = ""
    offered: str = ""

    @property
    def is_any(self) -> bool:
        """Whether the list is narrowed at all."""
        return bool(self.words or self.department or self.offered)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """How a course is offered: live sections, students, seats (of those with a capacity)."""

    sections: int = 0
    cancelled: int = 0
    enrolled: int = 0
    seats: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseLine:
    """One course of the list."""

    course: Course
    offered: Offered


@dataclass(frozen=True, kw_only=True, slots=True)
class CourseList:
    """A page of courses, its cursors, and how many there are in all."""

    lines: Sequence[CourseLine]
    total: int
    next: str = ""
    previous: str = ""


def visible_courses(actor: Viewer) -> QuerySet[Course]:
    """The courses that `actor` may see: those of whose departments the sections are visible."""
    codes = visible_departments(actor)
    courses = Course.objects.select_related("department")
    return courses if codes is None else courses.filter(department__in=codes)


def course_list(term: Term, actor: Viewer, filters: CourseFilters, cursor: str = "") -> CourseList:
    """The courses of a term by code, in two queries. Raises `BadCursor`."""
    courses = visible_courses(actor).filter(_condition(filters), term=term)
    page: Page[Course] = page_of(courses, BY_CODE, cursor, whole=courses)
    offered = offered_by([one.pk for one in page.rows])
    return CourseList(
        lines=[CourseLine(course=one, offered=offered.get(one.pk, Offered())) for one in page.rows],
        total=page.total,
        next=page.next,
        previous=page.previous,
    )


def courses_named(words: str) -> Q:
    """The courses of which each word names a part: ``MATH 252``, words of the title."""
    condition = Q()
    for word in words.split():
        condition &= Q(subject__icontains=word) | Q(number__icontains=word) | Q(title__icontains=word)
    return condition


def _condition(filters: CourseFilters) -> Q:
    condition = courses_named(filters.words)
    if filters.department:
        condition &= Q(department=filters.department)
    live = Q(Exists(Section.objects.filter(course=OuterRef("pk"), status=Section.Status.ACTIVE)))
    if filters.offered == WITH:
        condition &= live
    elif filters.offered == WITHOUT:
        condition &= ~live
    return condition


def offered_by(course_ids: Sequence[int]) -> Mapping[int, Offered]:
    """Course id -> how it is offered, in one query. A course's sections are all of its department."""
    live = Q(status=Section.Status.ACTIVE)
    rows = (
        Section.objects.filter(course__in=course_ids)
        .order_by()
        .values("course_id")
        .annotate(
            live=Count("pk", filter=live),
            cancelled=Count("pk", filter=~live),
            enrolled=Sum("enrollment", filter=live, default=0),
            seats=Sum("capacity", filter=live, default=0),
        )
    )
    return {
        row["course_id"]: Offered(
            sections=row["live"],
            cancelled=row["cancelled"],
            enrolled=row["enrolled"],
            seats=row["seats"],
        )
        for row in rows
    }
