"""Moving a meeting to other days or another time: what becomes of its days and its end. Pure."""

from .errors import InvalidValue
from .fields import DAYS
from .week import HOUR, minutes

MIDNIGHT = 24 * HOUR


def days_moved(days: str, *, origin: str, target: str) -> str:
    """The days of a class that goes from day `origin` to `target`; the others stay.

    The same days where it does not meet on `origin`, or meets on `target` already: it would lose a day.
    """
    if origin not in days or target not in DAYS or target in days:
        return days
    return "".join(day for day in DAYS if day == target or (day in days and day != origin))


def end_of(start_time: str, length: int) -> str:
    """When a class of `length` minutes ends, as ``HH:MM``. Raises `InvalidValue` past midnight."""
    end = minutes(start_time) + length
    if end >= MIDNIGHT:
        raise InvalidValue(
            f"A class of {length} minutes that starts at {start_time} would end after midnight; "
            "choose an earlier start.",
            "meetings",
            "start_time",
        )
    return f"{end // HOUR:02}:{end % HOUR:02}"
