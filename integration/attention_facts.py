"""What the overview's items are told from, and the shape they have."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils import timezone

from integration.models import MergeRun, OutboundChange, TermSwitch
from integration.settings import MergeSettings, active_versions, usable
from integration.sis.port import TERM_TYPES
from scheduling.pills import Pill

SHOWN = 5
"""So many single ones are named under a heading; the link leads to all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Detail:
    """One thing under a heading; `page` and `pk` say where it is (blank: nowhere of its own)."""

    text: str
    page: str = ""
    pk: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """Something that needs a person or is under way. `page` and `query`: where to go."""

    number: int
    pill: Pill
    sentence: str
    page: str
    link: str
    query: str = ""
    details: Sequence[Detail] = field(default_factory=tuple)

    @property
    def more(self) -> int:
        """How many are not named."""
        return max(0, self.number - len(self.details)) if self.details else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What several items are told from. `runs`: (term or None, type) -> the newest merge."""

    now: dt.datetime
    settings: MergeSettings
    runs: Mapping[tuple[str | None, str], MergeRun]
    switches: Sequence[TermSwitch]
    outbound: Mapping[tuple[str, str], int]

    @classmethod
    def load(cls, *, now: dt.datetime) -> "Facts":
        """Runs, switches and the queue."""
        newest = (
            MergeRun.objects.filter(is_dry_run=False)
            .exclude(trigger=MergeRun.Trigger.REAL_TIME)
            .select_related("term")
            .order_by("term_id", "merge_type", "-id")
            .distinct("term_id", "merge_type")
        )
        waiting = OutboundChange.objects.exclude(state=OutboundChange.State.DONE).order_by()
        counts = waiting.values_list("state", "error_class").annotate(number=Count("id"))
        return cls(
            now=now,
            settings=usable(active_versions().first()),
            runs={(run.term_id, run.merge_type): run for run in newest},
            switches=list(TermSwitch.objects.select_related("term").filter(term__is_active=True)),
            outbound={(state, met): number for state, met, number in counts},
        )

    def ends_on(self, switch: TermSwitch) -> dt.date:
        """The last day on which a switch is on."""
        return switch.until or switch.term.end_date

    @property
    def today(self) -> dt.date:
        """The date in the institution's zone."""
        return timezone.localdate(self.now)

    @property
    def live(self) -> list[TermSwitch]:
        """The switches that are on, of types that are on."""
        on = {one.value for one in TERM_TYPES if self.settings.of(one).is_enabled}
        return [one for one in self.switches if one.merge_type in on and self.ends_on(one) >= self.today]
