"""What the SIS will refuse of what is being edited (`scheduling.services.foresight`).

The declared rules are asked first. Only where one is broken, the settings, the switches and what the SIS
holds are read, once for all sections of a save: nobody is told of a refusal of what is never sent.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from integration.fieldsets import section_policies
from integration.linkstate import baseline_of
from integration.merge.records import Baseline
from integration.models import Link
from integration.offers import known_capabilities
from integration.sis.port import MergeType, Operation
from integration.standing import Standing
from integration.status_rules import Code, barred
from scheduling.domain.checks import Finding, Surroundings, Values
from scheduling.services.foresight import Planned

GOES_LATER = frozenset({None, Code.PAUSED})
"""A pause ends; what waits for it is sent then."""


class SisForesight:
    """See `scheduling.services.foresight.Foresight`."""

    def __init__(self, planned: Sequence[Planned], now: dt.datetime) -> None:
        self._planned = planned
        self._standing = Standing(now)
        self._rules = known_capabilities(offers={}).section_rules

    def refusals(self, planned: Planned, values: Values, around: Surroundings) -> Iterator[Finding]:
        """Of what this save makes go there: all of a section that the SIS lacks, else the changed fields.

        What is not sent, and what the SIS holds so already, is not refused.
        """
        is_there = planned.sis_id is not None
        for found in self._rules.refusals(values, around, is_there=is_there):
            if (
                (not is_there or found.field in planned.changed)
                and found.field in self._sent(planned)
                and not self._is_held(planned, found.field, values)
            ):
                yield found

    def group_refusals(
        self, term_code: str, *, kind: str, sis_id: str | None, has_primary: bool
    ) -> Iterator[Finding]:
        """Of a group that is sent. One that the SIS lacks gets its first section as the primary."""
        for found in self._rules.group_refusals(has_primary=has_primary) if sis_id else ():
            is_held = kind in self._standing.able.relationship_kinds
            if is_held and self._goes(MergeType.RELATIONSHIPS, term_code, Operation.UPDATE):
                yield found

    def _goes(self, kind: MergeType, term_code: str, operation: Operation) -> bool:
        """Whether this is sent in the term, now or after a pause."""
        channel = self._standing.channels[kind.value, term_code]
        return barred(channel) in GOES_LATER and self._standing.able.can(kind, operation)

    def _sent(self, planned: Planned) -> frozenset[str]:
        """The fields of this section that go to the SIS."""
        able, kind = self._standing.able, MergeType.SECTIONS
        if not self._goes(kind, planned.term_code, Operation.UPDATE if planned.sis_id else Operation.CREATE):
            return frozenset()
        policies = section_policies(
            self._standing.fields, self._standing.settings.of(kind), able, sis_id=planned.sis_id or ""
        )
        return frozenset(one.name for one in policies if one.can_send)

    def _is_held(self, planned: Planned, name: str, values: Values) -> bool:
        """Whether the SIS has this very value, as when a change is taken back that it refused."""
        agreed = self._agreed.get(planned.section_id or 0)
        return agreed is not None and (agreed.theirs_of(name) or None) == (values.get(name) or None)

    @cached_property
    def _agreed(self) -> Mapping[int, Baseline]:
        """Section id -> what both sides last agreed on."""
        links = Link.objects.filter(section__in=[one.section_id for one in self._planned if one.section_id])
        return {
            int(one.section_id): agreed
            for one in links.order_by("id")
            if one.section_id is not None and (agreed := baseline_of(one)) is not None
        }
