"""Terms, courses and phases over the API: read only."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from phases.models import Phase, TimelineEntry
from phases.selectors import phases
from scheduling.models import Course, Term
from scheduling.visibility import visible_departments

from . import record_schemas as schema
from .filters import CourseFilter
from .pagination import PagesByCode, PagesById
from .scope import ScheduleView


class TermList(ScheduleView):
    """`GET /terms/`."""

    queryset = Term.objects.none()
    pagination_class = PagesByCode

    @extend_schema(**schema.TERM_LIST)
    def get(self, request: Request) -> Response:
        """The terms by code, each with its timeline of phases."""
        _ = self.viewer  # raises for who may not see the schedule
        page = self.paginate_queryset(self.filter_queryset(Term.objects.order_by("code"))) or ()
        return self.get_paginated_response(term_documents(page))


class TermDetail(ScheduleView):
    """`GET /terms/{code}/`."""

    queryset = Term.objects.none()

    @extend_schema(**schema.TERM_DETAIL)
    def get(self, request: Request, code: str) -> Response:
        """One term."""
        _ = self.viewer
        found = Term.objects.filter(pk=code).first() if "\x00" not in code else None
        if found is None:
            raise NotFound("There is no such term.")
        return Response(term_documents([found])[0])


class CourseList(ScheduleView):
    """`GET /courses/`."""

    queryset = Course.objects.none()
    filterset_class = CourseFilter
    pagination_class = PagesById

    @extend_schema(**schema.COURSE_LIST)
    def get(self, request: Request) -> Response:
        """The courses of the departments that the user sees."""
        page = self.paginate_queryset(self.filter_queryset(self._visible())) or ()
        return self.get_paginated_response([_course(one) for one in page])

    def _visible(self) -> QuerySet[Course]:
        codes = visible_departments(self.viewer)
        courses = Course.objects.order_by("id")
        return courses if codes is None else courses.filter(department__in=codes)


class PhaseList(ScheduleView):
    """`GET /phases/`."""

    queryset = Phase.objects.none()

    @extend_schema(**schema.PHASE_LIST)
    def get(self, request: Request) -> Response:
        """The phases with their rules; what a phase does not name is as the role has it by default."""
        _ = self.viewer
        rows = phases().prefetch_related("field_rules", "action_rules").order_by("id")
        page = self.paginate_queryset(self.filter_queryset(rows)) or ()
        return self.get_paginated_response([_phase(one) for one in page])


def term_documents(terms: Sequence[Term]) -> list[dict[str, Any]]:
    """Terms as the API shows them, in one query more."""
    entries = TimelineEntry.objects.filter(term__in=terms).select_related("phase").order_by("starts_at")
    timelines: dict[str, list[TimelineEntry]] = defaultdict(list)
    for one in entries:
        timelines[one.term_id].append(one)
    now = timezone.now()
    return [
        {
            "code": term.pk,
            "name": term.name,
            "start_date": str(term.start_date),
            "end_date": str(term.end_date),
            "is_active": term.is_active,
            "phase": next((_name(one) for one in reversed(timelines[term.pk]) if one.starts_at <= now), None),
            "timeline": [
                {"from": one.starts_at.isoformat(), "phase": _name(one)} for one in timelines[term.pk]
            ],
        }
        for term in terms
    ]


def _name(entry: TimelineEntry) -> str | None:
    return entry.phase.name if entry.phase else None


def _course(one: Course) -> dict[str, Any]:
    return {
        "id": one.sis_id,
        "term": one.term_id,
        "subject": one.subject,
        "number": one.number,
        "title": one.title,
        "credits": None if one.credits is None else str(one.credits),
        "department": one.department_id,
        "is_active": one.is_active,
    }


def _phase(one: Phase) -> dict[str, Any]:
    return {
        "id": one.pk,
        "name": one.name,
        "description": one.description,
        "colour": one.colour,
        "field_rules": [
            {"role": rule.role_id, "field": rule.field, "rule": rule.rule} for rule in one.field_rules.all()
        ],
        "action_rules": [
            {"role": rule.role_id, "action": rule.action, "rule": rule.rule}
            for rule in one.action_rules.all()
        ],
    }
