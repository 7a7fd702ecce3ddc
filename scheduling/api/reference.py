"""Terms, courses and phases over the API: read only."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from phases.deciding import GIVING
from phases.models import Phase, TimelineEntry
from phases.policy import Action, Permission
from phases.rules import PhaseRules, RoleRules, action_grant, field_grant
from phases.selectors import phase_rules, phases
from scheduling.course_directory import visible_courses
from scheduling.domain.fields import Catalogue
from scheduling.models import Course, Term
from scheduling.selectors import catalogue
from scheduling.visibility import check_can_see_terms

from . import record_schemas as schema
from .filters import CourseFilter, TermFilter
from .pagination import PagesByCode, PagesById
from .scope import ScheduleView


class TermList(ScheduleView):
    """`GET /terms/`."""

    queryset = Term.objects.none()
    filterset_class = TermFilter
    pagination_class = PagesByCode

    @extend_schema(**schema.TERM_LIST)
    def get(self, request: Request) -> Response:
        """The terms by code, each with its timeline of phases."""
        check_can_see_terms(self.user, self.asking)
        page = self.paginate_queryset(self.filter_queryset(Term.objects.order_by("code"))) or ()
        return self.get_paginated_response(term_documents(page))


class TermDetail(ScheduleView):
    """`GET /terms/{code}/`."""

    queryset = Term.objects.none()

    @extend_schema(**schema.TERM_DETAIL)
    def get(self, request: Request, code: str) -> Response:
        """One term."""
        check_can_see_terms(self.user, self.asking)
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
        courses = visible_courses(self.viewer).order_by("id")
        page = self.paginate_queryset(self.filter_queryset(courses)) or ()
        return self.get_paginated_response([_course(one) for one in page])


class PhaseList(ScheduleView):
    """`GET /phases/`."""

    queryset = Phase.objects.none()

    @extend_schema(**schema.PHASE_LIST)
    def get(self, request: Request) -> Response:
        """The phases: what each says of a role, and what the role may then edit and do.

        Of one's own roles; of all for who may edit phases everywhere.
        """
        check_can_see_terms(self.user, self.asking)
        page = self.paginate_queryset(self.filter_queryset(phases().order_by("id"))) or ()
        known, fields, roles = phase_rules(one.pk for one in page), catalogue(), self._roles()
        return self.get_paginated_response([_phase(one, known[one.pk], roles, fields) for one in page])

    def _roles(self) -> list[RoleRules]:
        known = self.asking.rights.roles
        if self.asking.departments(Permission.EDIT_PHASES) is None:
            return [known[code] for code in sorted(known)]
        own = {code for code, _held in self.asking.roles}
        return [known[code] for code in sorted(own & known.keys())]


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


def _phase(one: Phase, rules: PhaseRules, roles: Sequence[RoleRules], fields: Catalogue) -> dict[str, Any]:
    codes = {role.code for role in roles}
    return {
        "id": one.pk,
        "name": one.name,
        "description": one.description,
        "colour": one.colour,
        "field_rules": [
            {"role": role, "field": name, "rule": rule.value}
            for (role, name), rule in sorted(rules.fields.items())
            if role in codes
        ],
        "action_rules": [
            {"role": role, "action": action.value, "rule": rule.value}
            for (role, action), rule in sorted(rules.actions.items())
            if role in codes
        ],
        "matrix": [_may(role, rules, fields) for role in roles],
    }


def _may(role: RoleRules, rules: PhaseRules, fields: Catalogue) -> dict[str, Any]:
    """What a role may in a phase, departments left aside."""
    return {
        "role": role.code,
        "fields": {
            one.name: not one.is_from_sis and field_grant(role, rules, one.name) in GIVING for one in fields
        },
        "actions": {one.value: action_grant(role, rules, one) in GIVING for one in Action},
    }
