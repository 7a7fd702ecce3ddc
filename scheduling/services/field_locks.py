"""Which fields are locked for somebody, and why: the role, the phase, and the source of truth together.

The merge settings say which fields are *Always SIS* (locked here, DOMAIN.md). They belong to integration,
which scheduling cannot import: integration registers a reader of them when it starts.
"""

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from phases.policy import Actor, SectionFacts
from phases.rules import RoleRules
from phases.selectors import policies_for
from scheduling.domain.fields import CATALOGUE, Catalogue
from scheduling.models import Term
from scheduling.selectors import catalogue


class SourceLocks(Protocol):
    """The settings as read at one moment: field -> sentence for what the SIS always decides."""

    def of_section(self, term_code: str, sis_id: str | None) -> Mapping[str, str]: ...
    def of_relationship(self, term_code: str) -> Mapping[str, str]: ...


class NoLocks:
    """Where nothing is registered, the source of truth locks nothing."""

    def __init__(self, fields: Catalogue) -> None:
        pass

    def of_section(self, term_code: str, sis_id: str | None) -> Mapping[str, str]:
        return {}

    def of_relationship(self, term_code: str) -> Mapping[str, str]:
        return {}


Reader = Callable[[Catalogue], SourceLocks]
_reader: Reader = NoLocks


def register(reader: Reader) -> None:
    """Have `reader` asked for the source locks; it reads the settings once per call."""
    global _reader  # noqa: PLW0603  # one process-wide registration, made when the app starts
    _reader = reader


class FieldLocks:
    """The locks of many sections at one moment, in one reading of rules, settings and catalogue.

    `terms`: the codes of the terms that will be asked for; `at`: the moment; `user_id`: whose exemptions
    count; `roles`: the roles' rules where they were read already. The queries do not grow with what is asked.
    """

    def __init__(
        self,
        *,
        terms: Collection[str],
        at: dt.datetime,
        user_id: int | None,
        fields: Catalogue | None = None,
        roles: Mapping[str, RoleRules] | None = None,
    ) -> None:
        self.fields = catalogue() if fields is None else fields
        self.policies = policies_for(terms, at=at, catalogue=self.fields, user_id=user_id, roles=roles)
        self.sources = _reader(self.fields)

    def of_section(
        self, *, actor: Actor, term_code: str, facts: SectionFacts, sis_id: str | None
    ) -> dict[str, str]:
        """Locked field -> the sentence that says why: the policy's, else the source of truth's."""
        decisions = self.policies[term_code].fields(actor, facts)
        refused = {name: one.reason for name, one in decisions.items() if not one.is_allowed}
        return {**self.sources.of_section(term_code, sis_id), **refused}


def relationship_locks(term: Term) -> Mapping[str, str]:
    """The locked parts of the term's relationships (``members``, ``capacity``) and why."""
    return _reader(CATALOGUE).of_relationship(term.pk)
