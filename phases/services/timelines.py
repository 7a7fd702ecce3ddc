"""Setting the timeline of a term."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import transaction

from phases.errors import RuleRefused
from phases.models import Phase, TimelineEntry
from phases.selectors import institution_zone
from phases.timeline import local_moment
from phases.wording import moment_words

from .recording import UPDATE, Record, RuleChange, record_all


@transaction.atomic
def set_timeline(
    term_id: str, switches: Iterable[tuple[dt.datetime, int | None]], *, record: Record
) -> tuple[RuleChange, ...]:
    """Make these the switches of the term, whatever stood before; none: the roles' defaults hold.

    A switch is a moment and a phase's id (None: the roles' defaults from then on). A moment without a zone is
    the institution's local time, read as `local_moment` says. Raises `RuleRefused`.
    """
    terms = apps.get_model("scheduling", "Term")._default_manager
    if not terms.select_for_update(no_key=True).filter(pk=term_id).exists():
        raise RuleRefused(f"There is no term {term_id!r}.", "term")
    wanted = _moments(switches)
    names = dict(Phase.objects.values_list("pk", "name"))
    if not {phase for phase in wanted.values() if phase is not None} <= names.keys():
        raise RuleRefused("There is no such phase any more; choose another one.", "phase")
    rows = TimelineEntry.objects.filter(term=term_id)
    stands = {one.starts_at.astimezone(dt.UTC): one.phase_id for one in rows}
    if stands == wanted:
        return ()
    rows.delete()
    TimelineEntry.objects.bulk_create(
        TimelineEntry(term_id=term_id, starts_at=moment, phase_id=phase) for moment, phase in wanted.items()
    )
    change = RuleChange(
        action=UPDATE,
        record_type="term",
        record_id=term_id,
        term_code=term_id,
        field="timeline",
        before=_shown(stands, names),
        after=_shown(wanted, names),
    )
    return record_all([change], record)


def _moments(switches: Iterable[tuple[dt.datetime, int | None]]) -> dict[dt.datetime, int | None]:
    """The switches by their moments in UTC. Raises `RuleRefused` where two are at the same."""
    zone = cast("ZoneInfo", institution_zone())
    found: dict[dt.datetime, int | None] = {}
    for given, phase in switches:
        moment = local_moment(given, zone) if given.tzinfo is None else given.astimezone(dt.UTC)
        if moment in found:
            raise RuleRefused(
                f"Two phases begin at {moment_words(moment, zone)}; keep one of them.", "starts_at"
            )
        found[moment] = phase
    return found


def _shown(switches: dict[dt.datetime, int | None], names: dict[int, str]) -> list[dict[str, Any]]:
    return [
        {"starts_at": moment.isoformat(), "phase": None if phase is None else names[phase]}
        for moment, phase in sorted(switches.items())
    ]
