"""What the pages and the API ask of integration, which lies above scheduling and registers itself here.

Where nothing is registered, no status is known and nothing is explained (docs/adr/0007).
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from django.db.models import QuerySet

from scheduling.models import Section

Status = Mapping[str, Any]
"""``{"section", "state", "headline", "at", "reasons"}`` as CONTRACT.md says of `section_status`."""

STATES = {
    "NOT_SYNCED": "Not yet synced",
    "ON_ITS_WAY": "On its way",
    "SYNCED": "Synced",
    "HELD": "Held",
    "REJECTED": "Rejected",
}
"""The states of CONTRACT.md in a registrar's words, as filters and pills show them."""


class IntegrationSide(Protocol):
    """Made anew for each page, so that it may keep what it has read.

    Every method takes a constant number of queries, however many sections.
    """

    def statuses(self, section_ids: Sequence[int], *, now: dt.datetime) -> Mapping[int, Status]:
        """Section id -> status; unknown ids are left out."""
        ...

    def in_state(
        self, sections: QuerySet[Section], *states: str, term: str, now: dt.datetime
    ) -> QuerySet[Section]:
        """Those of `sections` (all of `term`) whose status is one of `states`, of `STATES`."""
        ...

    def is_followed(self, term_code: str, *, now: dt.datetime) -> bool:
        """Whether nightly or real-time merges of sections are on in the term, so that a status is shown."""
        ...

    def explain(self, section_id: int, field: str, *, now: dt.datetime) -> Mapping[str, Any]:
        """Why the field holds its value: the document of CONTRACT.md. Raises `UnknownField`."""
        ...

    def rule_words(self, rule: str, label: str) -> str:
        """The rule by which a merge wrote the field called `label`, in a sentence; blank for none known."""
        ...


_registered: list[Callable[[], IntegrationSide]] = []


def register(make: Callable[[], IntegrationSide]) -> None:
    """Let what `make` makes be the one that answers, in place of any before."""
    _registered[:] = [make]


def side() -> IntegrationSide | None:
    """Who answers, for one page; None where nobody registered."""
    return _registered[0]() if _registered else None


def statuses(section_ids: Sequence[int], *, now: dt.datetime) -> Mapping[int, Status]:
    """Section id -> status; nothing where nobody is registered."""
    asked = side()
    return asked.statuses(section_ids, now=now) if asked is not None else {}
