"""Integration's answers to what scheduling asks (`scheduling.integration_side`)."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from integration.explaining import explain
from integration.rule_words import RULE_WORDS, rule_in_words
from integration.sis.port import MergeType
from integration.standing import Standing
from integration.status import status_of_sections
from integration.status_filter import sections_in_states
from scheduling.models import Section


class Side:
    """See `scheduling.integration_side.IntegrationSide`."""

    def __init__(self) -> None:
        self._standing: Standing | None = None

    def statuses(self, section_ids: Sequence[int], *, now: dt.datetime) -> Mapping[int, dict[str, Any]]:
        return status_of_sections(section_ids, self._at(now))

    def in_state(
        self, sections: QuerySet[Section], *states: str, term: str, now: dt.datetime
    ) -> QuerySet[Section]:
        return sections_in_states(sections, states, self._at(now), term=term)

    def is_followed(self, term_code: str, *, now: dt.datetime) -> bool:
        channel = self._at(now).channels.get((MergeType.SECTIONS.value, term_code))
        return channel is not None and channel.is_followed

    def _at(self, now: dt.datetime) -> Standing:
        if self._standing is None or self._standing.now != now:
            self._standing = Standing(now)
        return self._standing

    def explain(self, section_id: int, field: str, *, now: dt.datetime) -> Mapping[str, Any]:
        return explain(section_id, field, now=now)

    def rule_words(self, rule: str, label: str) -> str:
        return rule_in_words(rule, label=label) if rule in RULE_WORDS else ""
