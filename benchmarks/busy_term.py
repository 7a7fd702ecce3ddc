"""A term as it is in the middle of a day: things wait, are held, and are missing in the SIS."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from integration.execution import execute
from integration.models import Link, LinkState
from integration.runs import Options
from integration.sis.memory import MemoryAdapter
from integration.sis.port import SENDABLE_TYPES, MergeType
from integration.sis.registry import configured_adapter
from integration.terms import enable_term
from scheduling.models import ChangeLog, Section, Term
from scheduling.services.audit import Author
from scheduling.services.sections import update_section

from .edits import edit_both_sides, registrar
from .measuring import Measured, measured

HELD = MISSING = 60
"""More than a page of each."""


def make_busy(term: str) -> Measured:
    """1 % edited on each side, titles that both sides changed, sections not seen in the SIS; in real time."""
    adapter = configured_adapter()
    if not isinstance(adapter, MemoryAdapter):
        raise SystemExit("The benchmark edits the memory SIS.")
    active = Section.objects.filter(term=term, status="ACTIVE", sis_id__isnull=False).order_by("id")
    held = list(active.filter(memberships__isnull=False).distinct()[:HELD])
    missing = active.filter(memberships__isnull=True)[:MISSING]
    with measured() as result:
        edit_both_sides(term, seed="busy")
        edit_here((one.pk for one in held), "title")
        for one in held:
            adapter.edit(str(one.sis_id), title="Called something else in the SIS")
        outcome = execute([MergeType.SECTIONS], terms=[term], adapter=adapter, options=Options(sends=False))
        links = Link.objects.filter(section__in=[one.pk for one in missing])
        links.update(state=LinkState.MISSING_IN_SIS, missing_since=timezone.now())
        _in_real_time(term)
    result.facts = {"counts": [run.counts for run in outcome.runs]}
    return result


def edit_here(section_ids: Iterable[int], field: str) -> None:
    """Write a text into a field of these sections."""
    author = Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, user=registrar())
    with transaction.atomic():
        for pk in section_ids:
            update_section(pk, {field: f"Edited here, {timezone.now()}."}, author=author)


def _in_real_time(term: str) -> None:
    enable_term(
        Term.objects.get(pk=term),
        types=list(SENDABLE_TYPES),
        is_sending=True,
        is_nightly=True,
        is_real_time=True,
        until=timezone.localdate() + dt.timedelta(days=1),
        actor=None,
        now=timezone.now(),
    )
