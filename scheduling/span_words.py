"""Days, dates and stretches of time in words, as a week says them."""

import datetime as dt

from phases.wording import listed
from scheduling.domain.clock import clock, time_span
from scheduling.domain.values import Meeting
from scheduling.domain.week import DAY_NAMES, HOUR
from scheduling.models import Term
from scheduling.showing import day

ARRANGED = "Arranged"
NEAR = dt.timedelta(days=7)
"""Dates this near to the term's own are, to a reader, the whole term."""


def is_whole_term(meeting: Meeting, term: Term) -> bool:
    """Whether a meeting runs all the term, but for a week at either end."""
    starts_late = meeting.start_date > str(term.start_date + NEAR)
    ends_early = meeting.end_date != "" and meeting.end_date < str(term.end_date - NEAR)
    return not (starts_late or ends_early)


def range_words(first: str, last: str) -> str:
    """Dates as a range: ``11 Jan 2027 to 10 Mar 2027``; ``from …`` or ``until …`` for an open end."""
    if first and last:
        return day(first) if first == last else f"{day(first)} to {day(last)}"
    return f"from {day(first)}" if first else f"until {day(last)}" if last else ""


def days_words(letters: str) -> str:
    """``Monday, Wednesday and Friday``."""
    return listed((DAY_NAMES[letter] for letter in letters), "and")


def short_days(letters: str) -> str:
    """``Mon, Wed, Fri``."""
    return ", ".join(DAY_NAMES[letter][:3] for letter in letters)


def when_words(meeting: Meeting) -> str:
    """When a meeting without a slot is: what it has of days and times, *Arranged* for neither."""
    return f"{meeting.days} {time_span(meeting.start_time, meeting.end_time)}".strip() or ARRANGED


def duration_words(minutes: int) -> str:
    """``31 h 20 min``."""
    hours, rest = divmod(minutes, HOUR)
    return (
        " ".join(part for part in (f"{hours:,} h" if hours else "", f"{rest} min" if rest else "") if part)
        or "0 h"
    )


def hours_span(start: str, end: str) -> str:
    """``9:00–9:50``, for a small space beside an axis that tells morning from afternoon."""
    return "–".join(clock(one).split(" ")[0] for one in (start, end))


def hour_words(hour: int) -> str:
    """``8 am``, ``12 pm``."""
    return f"{hour % 12 or 12} {'am' if hour % 24 < 12 else 'pm'}"  # noqa: PLR2004  # noon
