"""Which records a list holds.

A condition that is misspelt, empty or given twice is refused, never ignored: an ignored condition shows
everything (DOMAIN.md, complaint 13).
"""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from scheduling.models import Course, Relationship, Section
from scheduling.section_words import having_all_words

from .pagination import PagesById


class SectionFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """The conditions of CONTRACT.md; all that are given must hold."""

    term = django_filters.CharFilter(field_name="term_id", label="Code of the term")
    department = django_filters.CharFilter(
        field_name="course__department_id", label="Code of the course's department"
    )
    subject = django_filters.CharFilter(field_name="course__subject", label="Subject of the course")
    status = django_filters.ChoiceFilter(choices=Section.Status.choices)
    sis_id = django_filters.CharFilter(label="The SIS's id")
    crn = django_filters.CharFilter(label="The number that people use")
    search = django_filters.CharFilter(
        method="having_all_words",
        label="Words, each in the CRN, subject, either number or the title, for example: MATH 252 A",
    )

    class Meta:
        model = Section
        fields: ClassVar = ["term", "department", "subject", "status", "sis_id", "crn"]

    def having_all_words(self, sections: QuerySet[Section], _name: str, value: str) -> QuerySet[Section]:
        """The sections of which each word of `value` names a part."""
        return having_all_words(sections, value)


class CourseFilter(FilterSet):  # type: ignore[misc]  # as above
    """The conditions of a list of courses."""

    term = django_filters.CharFilter(field_name="term_id", label="Code of the term")
    department = django_filters.CharFilter(field_name="department_id", label="Code of the department")
    subject = django_filters.CharFilter(label="Subject")
    sis_id = django_filters.CharFilter(label="The SIS's id")
    search = django_filters.CharFilter(method="named", label="A part of the title")

    class Meta:
        model = Course
        fields: ClassVar = ["term", "department", "subject", "sis_id"]

    def named(self, courses: QuerySet[Course], _name: str, value: str) -> QuerySet[Course]:
        """The courses with `value` in the title."""
        return courses.filter(title__icontains=value)


class RelationshipFilter(FilterSet):  # type: ignore[misc]  # as above
    """The conditions of a list of relationships."""

    term = django_filters.CharFilter(field_name="term_id", label="Code of the term")
    kind = django_filters.ChoiceFilter(choices=Relationship.Kind.choices)
    sis_id = django_filters.CharFilter(label="The SIS's id")
    section = django_filters.NumberFilter(
        field_name="members__section_id", label="Id of a member", min_value=1, max_value=2**31 - 1
    )

    class Meta:
        model = Relationship
        fields: ClassVar = ["term", "kind", "sis_id"]


class StrictFilters(DjangoFilterBackend):  # type: ignore[misc]  # django-filter has no types
    """Django-filter, with an error for every query parameter that it would let pass."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """The records that meet every condition. Raises `ValidationError`."""
        filters = self.get_filterset_class(view, queryset)
        known = [*(filters.base_filters if filters else ()), PagesById.cursor_query_param]
        for name, values in request.query_params.lists():
            if name not in known:
                raise _refusal(name, f"There is no condition {name}; known are: {', '.join(known)}.")
            if len(values) > 1:
                raise _refusal(name, f"{name} is given {len(values)} times; give it once.")
            if not values[0].strip():
                raise _refusal(name, f"{name} is empty; give a value or leave it out.")
        found: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return found


def _refusal(name: str, sentence: str) -> ValidationError:
    return ValidationError({name: [sentence]})
