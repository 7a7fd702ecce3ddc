"""Sections over the API: list, detail, change."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from phases.policy import SectionFacts
from scheduling import integration_side
from scheduling.domain.checks import Finding
from scheduling.domain.errors import NotFound
from scheduling.models import Section
from scheduling.section_groups import concealed_labels
from scheduling.section_status import without_names
from scheduling.services.field_locks import FieldLocks
from scheduling.services.sections import cancel_section, create_section, delete_section, update_section
from scheduling.visibility import can_see_integration_of, visible_departments, visible_sections

from . import schema
from .changes import changes_in, new_section_in, version_named
from .documents import section_document, with_parts
from .filters import SectionFilter
from .scope import ScheduleView


class SectionsView(ScheduleView):
    """What the views of sections share: whose they are, and how they are shown."""

    queryset = Section.objects.none()  # for the description only; `get_queryset` asks who wants them

    def get_queryset(self) -> QuerySet[Section]:
        """The sections that the user may see. Raises `PermissionDenied` for a user without a role."""
        return with_parts(visible_sections(self.asking))

    def section(self, section_id: int) -> Section:
        """A section that the user may see. Raises `NotFound`."""
        section = self.get_queryset().filter(pk=section_id).first()
        if section is None:
            raise NotFound("There is no such section, or you may not see it.")
        return section

    def shown(self, section: Section, *, warnings: Sequence[Finding] | None = None) -> Response:
        """The section, its version in the header ETag."""
        document = self.documents([section])[0]
        if warnings is not None:
            document["warnings"] = [dataclasses.asdict(one) for one in warnings]
        return Response(document, headers={"ETag": f'"{section.version}"'})

    def documents(self, sections: Sequence[Section]) -> list[dict[str, Any]]:
        """The sections as documents, in a constant number of queries."""
        now = timezone.now()
        locks = FieldLocks(
            terms={one.term_id for one in sections},
            at=now,
            user_id=self.asking.user_id,
            roles=self.asking.rights.roles,
        )
        told = [one.pk for one in sections if can_see_integration_of(self.asking, one.course.department_id)]
        statuses = integration_side.statuses(told, now=now)
        concealed = concealed_labels(told, visible_departments(self.asking))
        return [
            section_document(
                one,
                locked=locks.of_section(
                    actor=self.asking,
                    term_code=one.term_id,
                    facts=SectionFacts(section_id=one.pk, departments=frozenset([one.course.department_id])),
                    sis_id=one.sis_id,
                ),
                integration=without_names(statuses.get(one.pk), concealed.get(one.pk, ())),
            )
            for one in sections
        ]


class SectionList(SectionsView):
    """`GET` and `POST /sections/`."""

    filterset_class = SectionFilter

    @extend_schema(**schema.SECTION_LIST)
    def get(self, request: Request) -> Response:
        """One page of the sections that the user may see and that meet every condition, by id."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.documents(page or ()))

    @extend_schema(**schema.SECTION_POST)
    @transaction.atomic  # what its author could not see is not made
    def post(self, request: Request) -> Response:
        """Make a section, through the write service. Its address is in the header Location."""
        _ = self.viewer
        term, values = new_section_in(request.data)
        saved = create_section(term, values, author=self.author())
        answer = self.shown(self.section(saved.section_id), warnings=saved.findings)
        answer.status_code = 201
        answer.headers["Location"] = reverse("api-section", args=[saved.section_id])
        return answer


class SectionDetail(SectionsView):
    """`GET`, `PATCH` and `DELETE /sections/{id}/`."""

    @extend_schema(**schema.SECTION_DETAIL)
    def get(self, request: Request, section_id: int) -> Response:
        """One section. Its version is in the document and in the header ETag."""
        return self.shown(self.section(section_id))

    @extend_schema(**schema.SECTION_PATCH)
    @transaction.atomic  # nor can a section be sent where its author does not see it
    def patch(self, request: Request, section_id: int) -> Response:
        """Change fields of a section, all or none, through the write service (phases, checks, audit)."""
        section = self.section(section_id)
        version = version_named(request)
        changes = changes_in(request.data)
        saved = update_section(section.pk, changes, author=self.author(), version=version)
        return self.shown(self.section(saved.section_id), warnings=saved.findings)

    @extend_schema(**schema.SECTION_DELETE)
    def delete(self, request: Request, section_id: int) -> Response:
        """Delete a section without students, through the write service."""
        section = self.section(section_id)
        delete_section(section.pk, author=self.author(), version=version_named(request))
        return Response(status=204)


class SectionCancel(SectionsView):
    """`POST /sections/{id}/cancel/`."""

    @extend_schema(**schema.SECTION_CANCEL)
    def post(self, request: Request, section_id: int) -> Response:
        """Cancel a section, through the write service; it stays, as cancelled."""
        section = self.section(section_id)
        saved = cancel_section(section.pk, author=self.author(), version=version_named(request))
        return self.shown(self.section(section.pk), warnings=saved.findings)
