"""Which fields are locked for somebody, and why: the phase, the role, and the source of truth together.

The merge settings say which fields are *Always SIS* (locked here, DOMAIN.md). They belong to integration,
which scheduling cannot import: integration registers a reader of them when it starts.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from phases.policy import Actor, field_decision
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
    """The locks of many sections in one reading of settings and catalogue: two queries, however many."""

    def __init__(self, *, fields: Catalogue | None = None) -> None:
        self.fields = catalogue() if fields is None else fields
        self.sources = _reader(self.fields)

    def of_section(
        self, *, actor: Actor, term: Term, department: str | None, sis_id: str | None
    ) -> dict[str, str]:
        """Locked field -> the sentence that says why."""
        from_sources = self.sources.of_section(term.pk, sis_id)
        locked: dict[str, str] = {}
        for field in self.fields:
            decision = field_decision(
                actor=actor,
                label=field.label,
                department=department,
                term_name=str(term),
                is_from_sis=field.is_from_sis,
            )
            if not decision.is_allowed:
                locked[field.name] = decision.reason
            elif field.name in from_sources:
                locked[field.name] = from_sources[field.name]
        return locked


def relationship_locks(term: Term) -> Mapping[str, str]:
    """The locked parts of the term's relationships (``members``, ``capacity``) and why."""
    return _reader(CATALOGUE).of_relationship(term.pk)


def locked_fields(*, actor: Actor, term: Term, department: str | None, sis_id: str | None) -> dict[str, str]:
    """The locked fields of one section and why; for many sections use one `FieldLocks`."""
    return FieldLocks().of_section(actor=actor, term=term, department=department, sis_id=sis_id)
