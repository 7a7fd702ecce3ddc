"""The newest run of each type and term, found by index: the same cost after ten runs and after a million.

Dry runs do not count: they changed nothing.
"""

from collections.abc import Mapping

from django.db.models import OuterRef, Q, QuerySet, Subquery

from integration.models import MergeRun
from integration.sis.port import REFERENCE_TYPES, TERM_TYPES, MergeType
from scheduling.models import Term


def newest_runs_of_terms() -> Mapping[tuple[str, str], MergeRun]:
    """(term code, type) -> its newest run, in one query."""
    newest = [_newest(one, term=OuterRef("pk")) for one in TERM_TYPES]
    wanted = [Q(pk__in=Term.objects.order_by().values_list(Subquery(one))) for one in newest]
    return {(run.term_id or "", run.merge_type): run for run in _runs(wanted)}


def newest_reference_runs() -> Mapping[str, MergeRun]:
    """Type of the reference data -> its newest run, in one query."""
    wanted = [Q(pk=Subquery(_newest(one, term=None))) for one in REFERENCE_TYPES]
    return {run.merge_type: run for run in _runs(wanted)}


def _newest(merge_type: MergeType, *, term: OuterRef | None) -> QuerySet[MergeRun, int]:
    runs = MergeRun.objects.filter(merge_type=merge_type.value, is_dry_run=False)
    runs = runs.filter(term__isnull=True) if term is None else runs.filter(term=term)
    return runs.order_by("-id").values_list("pk", flat=True)[:1]


def _runs(wanted: list[Q]) -> QuerySet[MergeRun]:
    first, *others = (MergeRun.objects.order_by().filter(one) for one in wanted)
    return first.union(*others, all=True)
