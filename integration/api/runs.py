"""Merge runs over the API: what ran, with its counts and what it reported."""

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from integration.models import MergeRun
from integration.permissions import can_see_runs
from integration.reports import run_as_json
from integration.sis.port import MergeType
from scheduling.api.filters import OneOf
from scheduling.api.pagination import NewestFirst
from scheduling.api.scope import ScheduleView

from . import schema

NOT_FOR_YOU = (
    "Merge runs are shown to roles that may execute merges or manage merge settings in the whole institution."
)


class RunFilter(FilterSet):  # type: ignore[misc]  # django-filter has no types
    """The conditions of a list of runs."""

    term = django_filters.CharFilter(method="of_term", label="Code of the term")
    type = OneOf([one.value for one in MergeType], field_name="merge_type")
    status = OneOf(MergeRun.Status.values)

    class Meta:
        model = MergeRun
        fields = ("term", "type", "status")

    def of_term(self, runs: QuerySet[MergeRun], _name: str, value: str) -> QuerySet[MergeRun]:
        """The runs of a term, those that were asked for a term that is not here among them."""
        return runs.filter(Q(term=value) | Q(term=None, asked_term=value))


class RunsView(ScheduleView):
    """What both views of runs share."""

    queryset = MergeRun.objects.none()

    def runs(self) -> QuerySet[MergeRun]:
        """The runs. Raises `PermissionDenied` for who may not see them."""
        if not can_see_runs(self.asking):
            raise PermissionDenied(NOT_FOR_YOU)
        return MergeRun.objects.order_by("-id")


class RunList(RunsView):
    """`GET /runs/`."""

    filterset_class = RunFilter
    pagination_class = NewestFirst

    @extend_schema(**schema.RUN_LIST)
    def get(self, request: Request) -> Response:
        """The runs, the newest first, without what they report of single records."""
        page = self.paginate_queryset(self.filter_queryset(self.runs())) or ()
        return self.get_paginated_response([_line(one) for one in page])


class RunDetail(RunsView):
    """`GET /runs/{id}/`."""

    @extend_schema(**schema.RUN_DETAIL)
    def get(self, request: Request, run_id: int) -> Response:
        """One run as `execute_merge --json` prints it, its issues included."""
        found = self.runs().filter(pk=run_id).first()
        if found is None:
            raise NotFound("There is no such run.")
        return Response({**run_as_json(found, term=found.asked_term), "trigger": found.trigger})


def _line(run: MergeRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "type": run.merge_type,
        "term": run.term_id or run.asked_term or None,
        "trigger": run.trigger,
        "status": run.status,
        "dry_run": run.is_dry_run,
        "send_updates": run.is_sending,
        "started_at": run.started_at.isoformat(),
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at else None,
        "error": run.error,
        "counts": run.counts,
    }
