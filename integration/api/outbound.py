"""Outbound changes over the API: which sections and relationships wait to be sent, and why."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from integration.models import OutboundChange
from integration.outbound_filter import OPEN_STATES
from integration.outbound_pages import Board, OutboundView
from integration.permissions import can_see_runs
from integration.sis.port import SENDABLE_TYPES
from phases.policy import Permission
from scheduling.api.filters import IdFilter, OneOf
from scheduling.api.scope import ScheduleView

from . import schema

NOT_FOR_YOU = "Your role does not see how far the SIS has the sections. Ask the registrar's office for one."


class OutboundFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """The conditions of a list of outbound changes."""

    term = django_filters.CharFilter(field_name="term_id", label="Code of the term")
    type = OneOf([one.value for one in SENDABLE_TYPES], field_name="merge_type")
    state = OneOf([one.value for one in OPEN_STATES])
    section = IdFilter(field_name="link__section_id", label="Id of a section")

    class Meta:
        model = OutboundChange
        fields = ("term", "type", "state")


class OutboundList(ScheduleView):
    """`GET /outbound/`."""

    queryset = OutboundChange.objects.none()
    filterset_class = OutboundFilter

    @extend_schema(**schema.OUTBOUND_LIST)
    def get(self, request: Request) -> Response:
        """What waits, of the sections whose status the user may see; done changes are not listed.

        Relationships, which may have members of any department, are listed for who sees all departments.
        """
        rows = self.filter_queryset(self._visible())
        page = list(self.paginate_queryset(rows) or ())
        views = Board.load(now=timezone.now()).views(page)
        return self.get_paginated_response(
            [_document(row, view) for row, view in zip(page, views, strict=True)]
        )

    def _visible(self) -> QuerySet[OutboundChange]:
        """Raises `PermissionDenied` for who may see the status of no section."""
        waiting = OutboundChange.objects.filter(state__in=OPEN_STATES).select_related("link", "term")
        rows = waiting.order_by("id")
        if can_see_runs(self.asking):
            return rows
        codes = self.viewer.departments(Permission.VIEW_INTEGRATION_STATUS)
        seen = self.viewer.departments(Permission.VIEW_SECTIONS)
        if codes is None:
            codes = seen
        elif seen is not None:
            codes &= seen
        if codes is None:
            return rows
        if not codes:
            raise PermissionDenied(NOT_FOR_YOU)
        return rows.filter(link__section__course__department__in=codes)


def _document(row: OutboundChange, view: OutboundView) -> dict[str, Any]:
    return {
        "id": row.pk,
        "type": row.merge_type,
        "term": row.term_id,
        "section": row.link.section_id,
        "relationship": row.link.relationship_id,
        "label": view.label,
        "state": row.state,
        "attempts": row.attempts,
        "next_attempt_at": row.next_attempt_at.isoformat(),
        "reasons": [
            {"code": one.code, "headline": one.headline, "detail": one.detail} for one in view.reasons
        ],
        "error": {"class": row.error_class, "message": row.error_text, "sis_words": row.error_words}
        if row.error_class
        else None,
    }
