"""Times of day as people here read them: by the 12-hour clock."""

import datetime as dt


def clock(value: dt.time | str | None) -> str:
    """A time of day by the 12-hour clock: ``9:00 am``; blank for none."""
    if value is None or value == "":
        return ""
    hour, minute = (
        (value.hour, value.minute) if isinstance(value, dt.time) else map(int, value[:5].split(":"))
    )
    return f"{hour % 12 or 12}:{minute:02} {'am' if hour < 12 else 'pm'}"  # noqa: PLR2004  # noon


def time_span(start: dt.time | str | None, end: dt.time | str | None) -> str:
    """Two times as one: ``9:00–9:50 am``, ``11:30 am–12:20 pm``; blank for none."""
    first, last = clock(start), clock(end)
    if first and last and first[-2:] == last[-2:]:
        first = first[:-3]
    return f"{first}–{last}" if first or last else ""
