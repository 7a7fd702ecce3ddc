"""Integration's answers to what scheduling asks (`scheduling.integration_side`)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from integration.explaining import explain
from integration.models import TermSwitch
from integration.rule_words import RULE_WORDS, rule_in_words
from integration.settings import is_over
from integration.sis.port import MergeType
from integration.status import status_of_sections
from integration.status_filter import sections_in_states
from scheduling.models import Section


class Side:
    """See `scheduling.integration_side.IntegrationSide`."""

    def statuses(self, section_ids: Sequence[int], *, now: dt.datetime) -> Mapping[int, dict[str, Any]]:
        return status_of_sections(section_ids, now=now)

    def in_state(self, sections: QuerySet[Section], *states: str, now: dt.datetime) -> QuerySet[Section]:
        return sections_in_states(sections, states, now=now)

    def is_followed(self, term_code: str, *, now: dt.datetime) -> bool:
        switch = (
            TermSwitch.objects.select_related("term")
            .filter(
                Q(is_nightly=True) | Q(is_real_time=True),
                merge_type=MergeType.SECTIONS.value,
                term=term_code,
            )
            .first()
        )
        today = timezone.localdate(now)
        return switch is not None and switch.term.is_active and not is_over(switch, switch.term, today=today)

    def explain(self, section_id: int, field: str, *, now: dt.datetime) -> Mapping[str, Any]:
        return explain(section_id, field, now=now)

    def rule_words(self, rule: str, label: str) -> str:
        return rule_in_words(rule, label=label) if rule in RULE_WORDS else ""
