"""A term's timeline as choices on a form: moment (ISO, UTC) -> the phase's id, or *default*."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import QueryDict

from adminconsole.rule_choices import Choices, ChoicesForm
from phases.models import TimelineEntry
from phases.timeline import local_moment
from phases.wording import moment_words
from scheduling.timeline_picture import YEARS

NO_PHASE = "default"
BLANK_LINES = 2
MOST_LINES = 200
WRITE_IT_SO = f"write the day as 2027-01-12, in a year from {YEARS[0]} to {YEARS[-1]}, and the time as 09:00."


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of the form. `at`: the moment that it shows, blank for a new one; `note`: of its clock."""

    number: int
    at: str
    date: str
    time: str
    phase: str
    note: str = ""
    differs: bool = False
    is_removed: bool = False


def choices_of(entries: Sequence[TimelineEntry]) -> Choices:
    """The switches as they stand."""
    return {
        one.starts_at.astimezone(dt.UTC).isoformat(): NO_PHASE if one.phase_id is None else str(one.phase_id)
        for one in entries
    }


def switches_of(choices: Choices) -> list[tuple[dt.datetime, int | None]]:
    """The choices as the service takes them."""
    return [
        (dt.datetime.fromisoformat(moment), None if phase == NO_PHASE else int(phase))
        for moment, phase in sorted(choices.items())
        if phase
    ]


def is_moment(text: str) -> bool:
    """Whether `text` is a moment with a zone."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return moment.tzinfo is not None and moment.year in YEARS


def lines_of(form: ChoicesForm, zone: ZoneInfo) -> list[Line]:
    """The switches in order, then lines for new ones."""
    kept = sorted(moment for moment, phase in form.wanted.items() if phase)
    lines = [_line(number, moment, form, zone) for number, moment in enumerate(kept)]
    blank = range(len(lines), len(lines) + BLANK_LINES)
    return [*lines, *(Line(number=n, at="", date="", time="00:00", phase="") for n in blank)]


def _line(number: int, moment: str, form: ChoicesForm, zone: ZoneInfo) -> Line:
    local = dt.datetime.fromisoformat(moment).astimezone(zone)
    phase = form.wanted[moment]
    return Line(
        number=number,
        at=moment,
        date=local.date().isoformat(),
        time=f"{local:%H:%M}",
        phase=phase,
        note=clock_note(local),
        differs=form.stands.get(moment, "") != phase,
    )


def posted_lines(
    data: QueryDict, phases: Mapping[str, str], zone: ZoneInfo
) -> tuple[dict[str, str], list[str]]:
    """What the lines say, and sentences about those that cannot be understood."""
    found: dict[str, str] = {}
    problems: list[str] = []
    for number in range(MOST_LINES):
        name = f"entry:{number}:"
        if f"{name}phase" not in data:
            break
        phase, date = data.get(f"{name}phase", ""), data.get(f"{name}date", "").strip()
        if f"{name}remove" in data or not (date or phase):
            continue
        if not date:
            problems.append(f"Line {number + 1}: choose the day on which the phase begins.")
            continue
        try:
            moment = _moment(data, name, zone)
        except ValueError:
            problems.append(f"Line {number + 1}: {WRITE_IT_SO}")
            continue
        if phase not in phases:
            problems.append(f"Line {number + 1}: choose the phase that begins then.")
        elif moment in found:
            words = moment_words(dt.datetime.fromisoformat(moment), zone)
            problems.append(f"Two phases begin at {words}; keep one of them.")
        else:
            found[moment] = phase
    return found, problems


def typed_lines(data: QueryDict) -> list[Line]:
    """The lines as they were typed, for a form that cannot be understood; then lines for new ones."""
    numbers = [one for one in range(MOST_LINES) if f"entry:{one}:phase" in data]
    lines = [_typed(data, number) for number in numbers]
    blank = sum(not (one.at or one.date or one.phase) for one in lines)
    more = range(len(lines), len(lines) + BLANK_LINES - blank)
    return [*lines, *(Line(number=n, at="", date="", time="00:00", phase="") for n in more)]


def _typed(data: QueryDict, number: int) -> Line:
    at, date, time, phase = (
        data.get(f"entry:{number}:{part}", "") for part in ("at", "date", "time", "phase")
    )
    return Line(
        number=number,
        at=at if is_moment(at) else "",
        date=date,
        time=time,
        phase=phase,
        is_removed=f"entry:{number}:remove" in data,
    )


def _moment(data: QueryDict, name: str, zone: ZoneInfo) -> str:
    """The moment of a line; the one that it showed, where nobody changed its day and time."""
    day, time = data.get(f"{name}date", "").strip(), data.get(f"{name}time", "").strip() or "00:00"
    local = dt.datetime.combine(dt.date.fromisoformat(day), dt.time.fromisoformat(time))
    if local.tzinfo is not None or local.year not in YEARS:
        raise ValueError("A switch is at a local time, in a year that a schedule may be of.")
    shown = data.get(f"{name}at", "")
    if is_moment(shown) and dt.datetime.fromisoformat(shown).astimezone(zone).replace(tzinfo=None) == local:
        return shown
    return local_moment(local, zone).isoformat()


def clock_note(local: dt.datetime) -> str:
    """What the clock does at this moment (in its zone); blank: nothing out of the ordinary."""
    before = (local.astimezone(dt.UTC) - dt.timedelta(seconds=1)).astimezone(local.tzinfo)
    was, now = before.utcoffset(), local.utcoffset()
    if was is not None and now is not None and now > was:
        skipped = local - (now - was)
        return (
            f"That night the clock goes from {skipped:%H:%M} to {local:%H:%M}; a time between the two does "
            "not exist and means this moment."
        )
    other = local.replace(fold=1 - local.fold)
    if other.utcoffset() != now:
        return (
            f"That night the clock shows {local:%H:%M} twice; the {('first', 'second')[local.fold]} is meant."
        )
    return ""
