"""The merges that are measured: the code of `execute_merge`, against the `memory` SIS."""

import datetime as dt

from django.utils import timezone

from integration.execution import execute
from integration.runs import Options
from integration.sis.port import TERM_TYPES, MergeType
from integration.sis.registry import configured_adapter
from integration.terms import enable_term
from scheduling.models import Term

from .measuring import Measured, measured


def _merge(types: list[MergeType], term: str, *, sends: bool = False) -> Measured:
    adapter = configured_adapter()
    adapter.check()  # the fake SIS loads its folder on first use, which is no part of a merge
    with measured() as result:
        outcome = execute(types, terms=[term], adapter=adapter, options=Options(sends=sends))
    if outcome.exit_code:
        raise SystemExit(f"The merge ended with status {outcome.exit_code}: {outcome.runs[-1].error}")
    result.facts = {
        "counts": {run.merge_type: {name: n for name, n in run.counts.items() if n} for run in outcome.runs},
        "steps": {
            f"{run.merge_type} {one['step']}": one["seconds"] for run in outcome.runs for one in run.steps
        },
    }
    return result


def load_reference_data(term: str) -> Measured:
    """Everything that sections refer to."""
    return _merge([one for one in MergeType if one not in TERM_TYPES] + [MergeType.COURSES], term)


def load_sections(term: str) -> Measured:
    """The first load of sections with meetings and instructors."""
    return _merge([MergeType.SECTIONS], term)


def load_relationships(term: str) -> Measured:
    """The first load of relationships; after it the term is set to send."""
    result = _merge([MergeType.RELATIONSHIPS], term)
    enable_term(
        Term.objects.get(pk=term),
        types=list(TERM_TYPES),
        is_sending=True,
        is_nightly=True,
        is_real_time=False,
        until=timezone.localdate() + dt.timedelta(days=1),
        actor=None,
        now=timezone.now(),
    )
    return result


def merge_sections(term: str) -> Measured:
    """A merge of sections that also sends."""
    return _merge([MergeType.SECTIONS], term, sends=True)
