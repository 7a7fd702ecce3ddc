"""Which records a list holds.

A condition that is misspelt, empty or given twice is refused, never ignored: an ignored condition shows
everything (DOMAIN.md, complaint 13).
"""

from collections.abc import Iterable
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from scheduling.course_directory import courses_named
from scheduling.models import Course, Relationship, Section, Term
from scheduling.section_words import having_all_words
from scheduling.visibility import visible_sections

from .pagination import PagesById


class IdFilter(django_filters.Filter):  # type: ignore[misc]  # django-filter has no types
    """A whole number that can be an id."""

    field_class = forms.IntegerField

    def __init__(self, **given: Any) -> None:
        words = dict.fromkeys(("invalid", "min_value", "max_value"), "An id is a whole number, from 1 on.")
        super().__init__(min_value=1, max_value=2**63 - 1, error_messages=words, **given)


class OneOf(django_filters.ChoiceFilter):  # type: ignore[misc]  # as above
    """One of a closed list; what is none of them is answered with the list."""

    def __init__(self, values: Iterable[str], **given: Any) -> None:
        names = list(values)
        words = {"invalid_choice": f"There is no %(value)s; it must be one of {', '.join(names)}."}
        super().__init__(choices=[(one, one) for one in names], error_messages=words, **given)


class TermFilter(FilterSet):  # type: ignore[misc]  # as above
    """The conditions of a list of terms."""

    term = django_filters.CharFilter(field_name="code", label="Code of the term")
    search = django_filters.CharFilter(method="named", label="A part of the code or the name")

    class Meta:
        model = Term
        fields: ClassVar = ["term"]

    def named(self, terms: QuerySet[Term], _name: str, value: str) -> QuerySet[Term]:
        """The terms with `value` in code or name."""
        return terms.filter(Q(code__icontains=value) | Q(name__icontains=value))


class SectionFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """The conditions of CONTRACT.md; all that are given must hold."""

    term = django_filters.CharFilter(field_name="term_id", label="Code of the term")
    department = django_filters.CharFilter(
        field_name="course__department_id", label="Code of the course's department"
    )
    subject = django_filters.CharFilter(field_name="course__subject", label="Subject of the course")
    status = OneOf(Section.Status.values)
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
    search = django_filters.CharFilter(
        method="named", label="Words, each in the subject, number or title, for example: MATH 252"
    )

    class Meta:
        model = Course
        fields: ClassVar = ["term", "department", "subject", "sis_id"]

    def named(self, courses: QuerySet[Course], _name: str, value: str) -> QuerySet[Course]:
        """The courses of which each word of `value` names a part."""
        return courses.filter(courses_named(value))


class RelationshipFilter(FilterSet):  # type: ignore[misc]  # as above
    """The conditions of a list of relationships."""

    term = django_filters.CharFilter(field_name="term_id", label="Code of the term")
    kind = OneOf(Relationship.Kind.values)
    sis_id = django_filters.CharFilter(label="The SIS's id")
    section = IdFilter(method="with_member", label="Id of a member that you see")

    class Meta:
        model = Relationship
        fields: ClassVar = ["term", "kind", "sis_id"]

    def with_member(self, rows: QuerySet[Relationship], _name: str, value: int) -> QuerySet[Relationship]:
        """Those with this member; one that the user does not see is not told by asking for it either."""
        asking = self.request.parser_context["view"].asking
        return rows.filter(members__section__in=visible_sections(asking).filter(pk=value))


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
