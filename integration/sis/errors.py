"""What can go wrong between Tandem and a SIS, by what it means for what happens next (MERGE.md, Retries).

====================  ==============================================  ===============================
raised                when                                            a write that raised it
====================  ==============================================  ===============================
`SisUnavailable`      not reachable, overloaded, in maintenance       had no effect; it waits
`SisRateLimited`      too many requests                               had no effect; it waits
`SisDenied`           credentials or permissions refused              had no effect; it waits
`SisLocked`           somebody has the record open there              had no effect; tried again
`SisConflict`         the record changed meanwhile (stale token)      had no effect; read and merged again
`SisRejected`         the SIS refuses these values, or this operation had no effect; parked for a person
`SisNotFound`         the record to be written is not there           had no effect
`SisAlreadyExists`    a create found the record there already         adopts what is there
`SisOutcomeUnknown`   the answer to a write was lost                  may have had its effect; looked up
`SisUnreadable`       what was read is not what it claims to be       (reads only) the type stops
====================  ==============================================  ===============================
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Where a record stands in what was read, for error messages. Blank where there is no file."""

    file: str = ""
    line: int | None = None


NOWHERE = Origin()


class ErrorClass(StrEnum):
    """What a failure means for what happens next."""

    TRANSIENT = "TRANSIENT"
    RATE_LIMITED = "RATE_LIMITED"
    LOCKED = "LOCKED"
    VALIDATION = "VALIDATION"
    AUTH = "AUTH"
    CONFLICT = "CONFLICT"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"


class BadSisUrl(Exception):
    """`SIS_URL` cannot be used; the text says what to write instead."""


class SisError(Exception):
    """A failure that an adapter expects. `message` is the plain sentence, `words` are the SIS's own.

    `field` names the section field at fault where that is known; `retry_after_seconds` is what the SIS asked.
    """

    error_class = ErrorClass.TRANSIENT

    def __init__(
        self, message: str, *, words: str = "", field: str = "", retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.words = words or message
        self.field = field
        self.retry_after_seconds = retry_after_seconds


class SisUnavailable(SisError):
    """Not reachable, overloaded or in maintenance; a write surely had no effect."""


class SisRateLimited(SisUnavailable):
    """Too many requests; try again after `retry_after_seconds`."""

    error_class = ErrorClass.RATE_LIMITED


class SisDenied(SisUnavailable):
    """The SIS refused our credentials or permissions."""

    error_class = ErrorClass.AUTH


class SisLocked(SisError):
    """The record is open in the SIS's own client; try again later."""

    error_class = ErrorClass.LOCKED


class SisRejected(SisError):
    """The SIS refuses these values; a person has to change something. `field` where it is known."""

    error_class = ErrorClass.VALIDATION


class SisConflict(SisError):
    """The record changed meanwhile (stale token). Read again and merge."""

    error_class = ErrorClass.CONFLICT


class SisAlreadyExists(SisError):
    """A create found the record there already; `sis_id` names it. It is adopted, not created again."""

    error_class = ErrorClass.CONFLICT

    def __init__(self, message: str, *, sis_id: str, words: str = "") -> None:
        super().__init__(message, words=words)
        self.sis_id = sis_id


class SisNotFound(SisError):
    """The record to be written is not in the SIS."""

    error_class = ErrorClass.NOT_FOUND


class SisOutcomeUnknown(SisError):
    """The answer to a write was lost: it may or may not have taken effect."""

    error_class = ErrorClass.UNKNOWN_OUTCOME


class SisUnreadable(SisError):
    """What was read is not what it claims to be; nothing of its type can be trusted.

    Names the file, line and column where there are any.
    """

    error_class = ErrorClass.VALIDATION

    def __init__(
        self, message: str, *, code: str = "UNREADABLE", origin: Origin = NOWHERE, column: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.origin = origin
        self.column = column
