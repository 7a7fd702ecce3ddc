"""Expected failures of the domain. Each carries a sentence for people; surprises stay tracebacks."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(eq=False)
class DomainError(Exception):
    """A change that was refused; nothing was written. `code` is fixed, `message` is a sentence.

    `field` is a field of the catalogue, `part` the column inside a meeting or an assignment.
    """

    message: str
    field: str = ""
    part: str = ""

    code = "REFUSED"

    def __str__(self) -> str:
        return self.message


class InvalidValue(DomainError):
    """A value that the field cannot hold."""

    code = "INVALID_VALUE"


class UnknownField(DomainError):
    """A field that the catalogue does not have."""

    code = "UNKNOWN_FIELD"


@dataclass(eq=False)
class FieldLocked(DomainError):
    """The phase, the role or the source of truth locks fields for this person now.

    `locked`: every locked field that was asked for -> why.
    """

    locked: Mapping[str, str] = field(default_factory=dict)

    code = "FIELD_LOCKED"


class ActionRefused(DomainError):
    """The phase or the role does not allow this action."""

    code = "ACTION_REFUSED"


class StaleVersion(DomainError):
    """Somebody else saved meanwhile; the caller holds an older version."""

    code = "STALE_VERSION"


class NotFound(DomainError):
    """No such section, course, term or relationship, or the person may not see it."""

    code = "NOT_FOUND"


class AlreadyGrouped(DomainError):
    """A section is in another crosslist, or the same sections are linked already."""

    code = "ALREADY_GROUPED"


class Ambiguous(DomainError):
    """More than one record fits; the message lists the candidates."""

    code = "AMBIGUOUS"


@dataclass(eq=False)
class ConfirmationNeeded(DomainError):
    """Students are enrolled in what a person is about to change: they have to say that they know.

    `students`: how many are touched. Asked of people at a page, who can answer; see `Author`.
    """

    students: int = 0

    code = "CONFIRM_STUDENTS"
