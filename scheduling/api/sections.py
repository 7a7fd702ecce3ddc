"""Sections over the API: list, detail, change."""

import dataclasses
from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from phases.policy import SectionFacts
from scheduling import integration_side
from scheduling.domain.checks import Finding
from scheduling.domain.errors import NotFound
from scheduling.models import ChangeLog, Section, User
from scheduling.services.audit import Author
from scheduling.services.field_locks import FieldLocks
from scheduling.services.sections import update_section
from scheduling.visibility import Viewer, can_see_integration_of, viewer_for, visible_sections

from . import schema
from .changes import changes_in, version_named
from .documents import section_document, with_parts
from .filters import SectionFilter, StrictFilters
from .pagination import SectionPages


class SectionsView(GenericAPIView[Section]):
    """What both views of sections share: whose they are, and how they are shown."""

    queryset = Section.objects.none()  # for the description only; `get_queryset` asks who wants them

    @property
    def user(self) -> User:
        """Who asks; the permission has seen to it that somebody is signed in."""
        return cast("User", self.request.user)

    @cached_property
    def actor(self) -> Viewer:
        """The asking user, as the policy sees them."""
        return viewer_for(self.user)

    def get_queryset(self) -> QuerySet[Section]:
        """The sections that the user may see. Raises `PermissionDenied` for a user without a role."""
        return with_parts(visible_sections(self.actor))

    def documents(self, sections: Sequence[Section]) -> list[dict[str, Any]]:
        """The sections as documents, in a constant number of queries."""
        now = timezone.now()
        locks = FieldLocks(
            terms={one.term_id for one in sections},
            at=now,
            user_id=self.actor.user_id,
            roles=self.actor.rights.roles,
        )
        told = [
            one.pk
            for one in sections
            if can_see_integration_of(self.user, self.actor, one.course.department_id)
        ]
        statuses = integration_side.statuses(told, now=now)
        return [
            section_document(
                one,
                locked=locks.of_section(
                    actor=self.actor,
                    term_code=one.term_id,
                    facts=SectionFacts(section_id=one.pk, departments=frozenset([one.course.department_id])),
                    sis_id=one.sis_id,
                ),
                integration=statuses.get(one.pk),
            )
            for one in sections
        ]


class SectionList(SectionsView):
    """`GET /sections/`."""

    filter_backends = (StrictFilters,)
    filterset_class = SectionFilter
    pagination_class = SectionPages

    @extend_schema(**schema.SECTION_LIST)
    def get(self, request: Request) -> Response:
        """One page of the sections that the user may see and that meet every condition, by id."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.documents(page or ()))


class SectionDetail(SectionsView):
    """`GET` and `PATCH /sections/{id}/`."""

    @extend_schema(**schema.SECTION_DETAIL)
    def get(self, request: Request, section_id: int) -> Response:
        """One section. Its version is in the document and in the header ETag."""
        return self._shown(self._section(section_id))

    @extend_schema(**schema.SECTION_PATCH)
    def patch(self, request: Request, section_id: int) -> Response:
        """Change fields of a section, all or none, through the write service (phases, checks, audit)."""
        section = self._section(section_id)
        version = version_named(request)
        changes = changes_in(request.data)
        author = Author(now=timezone.now(), source=ChangeLog.Source.API, user=self.user)
        saved = update_section(section.pk, changes, author=author, version=version)
        return self._shown(self._section(saved.section_id), warnings=saved.findings)

    def _section(self, section_id: int) -> Section:
        section = self.get_queryset().filter(pk=section_id).first()
        if section is None:
            raise NotFound("There is no such section, or you may not see it.")
        return section

    def _shown(self, section: Section, *, warnings: Sequence[Finding] | None = None) -> Response:
        document = self.documents([section])[0]
        if warnings is not None:
            document["warnings"] = [dataclasses.asdict(one) for one in warnings]
        return Response(document, headers={"ETag": f'"{section.version}"'})
