"""Which terms are merged, type by type, and how the last run of each went (DOMAIN.md, complaint 3).

A term can be off for several reasons; the one that decides is said.
"""

import datetime as dt
from dataclasses import dataclass

from django.utils.formats import date_format

from integration.models import MergeRun, TermSwitch
from integration.newest_runs import newest_reference_runs, newest_runs_of_terms
from integration.run_summary import pill_of, sentence_of
from integration.settings import MergeSettings, is_over
from integration.sis.port import REFERENCE_TYPES, TERM_TYPES, MergeType
from scheduling.models import Term
from scheduling.pills import Pill

OFF_IN_SETTINGS = "Off in Merge Settings"


@dataclass(frozen=True, kw_only=True, slots=True)
class LastRun:
    """The newest run of a type (and term) that was no dry run. `at`: its end; its start while it runs."""

    pill: Pill
    at: dt.datetime
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeCoverage:
    """One merge type in one term, or of the reference data: what is on, in words, and its last run."""

    label: str
    is_on: bool
    words: str
    last: LastRun | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TermCoverage:
    """One term with the three types that belong to terms."""

    term: Term
    types: tuple[TypeCoverage, ...]

    @property
    def is_on(self) -> bool:
        """Whether any type is on."""
        return any(one.is_on for one in self.types)


def term_coverage(settings: MergeSettings, *, today: dt.date, with_runs: bool = True) -> list[TermCoverage]:
    """Every term, newest first, in three queries. `today`: a date in the institution's zone.

    `with_runs`: whether the last runs are told too.
    """
    switches = {(one.term_id, one.merge_type): one for one in TermSwitch.objects.all()}
    runs = newest_runs_of_terms() if with_runs else {}

    def of_type(term: Term, merge_type: MergeType) -> TypeCoverage:
        key = (term.pk, merge_type.value)
        is_on, words = _state(term, merge_type, switches.get(key), settings=settings, today=today)
        return TypeCoverage(label=_label(merge_type), is_on=is_on, words=words, last=_last(runs.get(key)))

    return [
        TermCoverage(term=term, types=tuple(of_type(term, merge_type) for merge_type in TERM_TYPES))
        for term in Term.objects.all()
    ]


def reference_coverage(settings: MergeSettings) -> list[TypeCoverage]:
    """The types that belong to no term, in one query."""
    runs = newest_reference_runs()
    return [
        TypeCoverage(
            label=_label(merge_type),
            is_on=settings.of(merge_type).is_enabled,
            words="Import" if settings.of(merge_type).is_enabled else OFF_IN_SETTINGS,
            last=_last(runs.get(merge_type.value)),
        )
        for merge_type in REFERENCE_TYPES
    ]


def _label(merge_type: MergeType) -> str:
    return merge_type.value.capitalize()


def _state(
    term: Term,
    merge_type: MergeType,
    switch: TermSwitch | None,
    *,
    settings: MergeSettings,
    today: dt.date,
) -> tuple[bool, str]:
    """Whether a type is on in a term, and what is on or why it is off."""
    if switch is None:
        return False, "Off"
    if not settings.of(merge_type).is_enabled:
        return False, OFF_IN_SETTINGS
    if not term.is_active:
        return False, "Off: the SIS no longer has this term"
    if is_over(switch, term, today=today):
        return False, f"Off since {date_format(switch.until or term.end_date, 'j M Y')}"
    parts = {
        "Import": switch.is_importing,
        "Send": switch.is_sending,
        "Nightly": switch.is_nightly,
        "Real time": switch.is_real_time,
    }
    return True, ", ".join(name for name, is_on in parts.items() if is_on)


def _last(run: MergeRun | None) -> LastRun | None:
    if run is None:
        return None
    return LastRun(
        pill=pill_of(MergeRun.Status(run.status)),
        at=run.finished_at or run.started_at,
        sentence=sentence_of(run),
    )
