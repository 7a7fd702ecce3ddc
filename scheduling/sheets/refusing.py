"""Why a file cannot be read at all."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from scheduling.domain.errors import DomainError


@dataclass(eq=False)
class NotASheet(DomainError):
    """A file that cannot be read; `problems`: every sentence of why and what to do."""

    problems: Sequence[str] = field(default_factory=tuple)

    code = "NOT_A_SHEET"


def not_a_sheet(*problems: str) -> NotASheet:
    """The refusal of a file for these reasons."""
    return NotASheet(problems[0], problems=problems)
