"""The demo's phases: one term in draft, one in which the registrar assigns rooms, with locks to see."""

import datetime as dt
from collections.abc import Mapping

from adminconsole.rule_saving import author_of, recorder
from phases.models import Phase
from phases.services.timelines import set_timeline
from scheduling.models import User

IN_DRAFT: Mapping[int, str] = {
    -20: "Draft",
    9: "Room assignment",
    23: "Final review",
    33: "Published",
    45: "Registration",
}
"""Days from now -> the phase that begins then."""
WITH_LOCKS: Mapping[int, str] = {-40: "Draft", -3: "Room assignment", 12: "Final review", 20: "Published"}


def set_phases(*, draft: str, locked: str, registrar: User, now: dt.datetime) -> None:
    """Give the two terms their timelines, each switch at the midnight of its day."""
    ids = dict(Phase.objects.values_list("name", "pk"))
    today = now.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    for term, switches in ((draft, IN_DRAFT), (locked, WITH_LOCKS)):
        set_timeline(
            term,
            [(today + dt.timedelta(days=days), ids[name]) for days, name in switches.items()],
            record=recorder(author_of(registrar, now=now)),
        )
