"""What the rows of a file ask for: which section each is about, and which of its fields differ from now."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from scheduling.domain.errors import DomainError, InvalidValue, StaleVersion
from scheduling.domain.fields import Field, Kind
from scheduling.domain.values import Value, canonical
from scheduling.models import Building, Course
from scheduling.selectors import SectionState, courses_by_code, values_of_sections

from .cells import raw_of
from .naming import LONGEST_SHOWN, Names, Reader
from .reading import Line, Sheet

MONTHS = 12
_REWRITTEN = re.compile(r"\d{1,2}([/.-])\d{1,2}\1(\d\d)?\d\d\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What one row asks for, which stands at `place`. `section_id`: None for a section to be made.

    `changes`: canonical values. `version` and `before`: the section as it stands. `refusal`: why the row
    asks for nothing that can be done; blank where it does.
    """

    line: int
    place: str
    section_id: int | None = None
    version: int | None = None
    before: Mapping[str, Value] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""


def wanted(sheet: Sheet, reader: Reader) -> list[Wanted]:
    """The rows that ask for something, or cannot; those that change nothing are left out."""
    asked: list[Wanted] = []
    found: dict[int, Line] = {}
    for line, named in _named(sheet, reader):
        if isinstance(named, DomainError):
            asked.append(Wanted(line=line.number, place=line.place, refusal=named.message))
        elif named is None:
            asked.append(_new(line, sheet, reader))
        elif named in found:
            first = found[named].place
            sentence = f"This row is about the same section as {first}; keep one of them."
            asked.append(Wanted(line=line.number, place=line.place, section_id=named, refusal=sentence))
        else:
            found[named] = line
    states, day_first = values_of_sections(list(found)), _is_day_first(sheet, reader)
    for section_id, line in found.items():
        one = _change(line, section_id, states[section_id], sheet, reader, day_first=day_first)
        asked += [one] if one.changes or one.refusal else []
    return sorted(asked, key=lambda one: one.line)


def _named(sheet: Sheet, reader: Reader) -> Iterator[tuple[Line, int | DomainError | None]]:
    names = Names.of(reader)
    for line in sheet.lines:
        try:
            yield line, names.section_of(line)
        except DomainError as refused:
            yield line, refused


def _change(
    line: Line,
    section_id: int,
    state: SectionState,
    sheet: Sheet,
    reader: Reader,
    *,
    day_first: bool | None,
) -> Wanted:
    refusal, changes = "", {}
    try:
        changes = _differing(line, sheet, state, reader, day_first=day_first)
        if changes and line.cells.get("version", "").strip() not in {"", str(state.version)}:
            labels = ", ".join(reader.fields[name].label for name in changes)
            raise StaleVersion(
                "Somebody changed this section after the file was exported, so that these differ: "
                f"{labels}. Export it again and repeat your change."
            )
    except DomainError as refused:
        refusal, changes = refused.message, {}
    return Wanted(
        line=line.number,
        place=line.place,
        section_id=section_id,
        version=state.version,
        before=state.values,
        changes=changes,
        refusal=refusal,
    )


def _differing(
    line: Line, sheet: Sheet, state: SectionState, reader: Reader, *, day_first: bool | None
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for one in _columns(sheet, reader):
        cell, before = line.cells[one.name], state.values.get(one.name)
        if one.kind is Kind.DATE and _is_rewritten(cell, before, day_first=day_first):
            continue
        value = canonical(one, raw_of(one, cell))
        if one.kind is Kind.COURSE and value != before:
            value = _course(str(value), reader)
        if (value or None) != (before or None) and not _is_spelt_otherwise(one, value, before):
            _check_places(one, value, before, line)
            changes[one.name] = value
    return changes


def _new(line: Line, sheet: Sheet, reader: Reader) -> Wanted:
    """A section to be made of what the row has; what it leaves blank is left out."""
    try:
        if not all(line.cells.get(name, "").strip() for name in ("course", "section_number")):
            raise InvalidValue(
                "This row names no section by id, crn or code. A new section needs course and section_number."
            )
        changes = {
            one.name: canonical(one, raw_of(one, line.cells[one.name]))
            for one in _columns(sheet, reader)
            if line.cells[one.name].strip()
        }
        changes["course"] = _course(str(changes["course"]), reader)
        for name, value in changes.items():
            _check_places(reader.fields[name], value, (), line)
    except DomainError as refused:
        return Wanted(line=line.number, place=line.place, refusal=refused.message)
    return Wanted(line=line.number, place=line.place, changes=changes)


def _check_places(one: Field, value: Any, before: Any, line: Line) -> None:
    """Raise `InvalidValue` where two words without quotes are a room, and a building's code as well."""
    if one.kind is not Kind.MEETINGS:
        return
    new = [each for each in value if each.room and each not in (before or ())]
    codes = {f"{each.building} {each.room}": each for each in new}
    for code in Building.objects.filter(pk__in=codes).order_by("pk").values_list("pk", flat=True):
        if f"in {code}".casefold() in " ".join(line.cells[one.name].split()).casefold():
            raise InvalidValue(
                f"{one.label}: “{code}” is a building, and room {codes[code].room} in "
                f'{codes[code].building} too; write "{code}" for the building, or '
                f'{codes[code].building} "{codes[code].room}" for the room.',
                one.name,
            )


def _columns(sheet: Sheet, reader: Reader) -> list[Field]:
    """The columns that are read as values; what the SIS alone keeps stands in the file to be looked at."""
    fields = reader.fields
    return [fields[name] for name in sheet.columns if name in fields and not fields[name].is_from_sis]


def _course(code: str, reader: Reader) -> str:
    """The SIS id of a course where the person may import. Raises `InvalidValue`."""
    shown = code[:LONGEST_SHOWN]
    found = courses_by_code(reader.term.pk, code) or courses_by_code(reader.term.pk, code.replace(" ", "-"))
    if len(found) != 1:
        raise InvalidValue(
            f"Course “{shown}” is not one course of {reader.term}; give its id or SUBJECT-NUMBER.", "course"
        )
    courses = Course.objects.filter(term=reader.term, sis_id=found[0])
    if reader.departments is not None and not courses.filter(department__in=reader.departments).exists():
        raise InvalidValue(f"You may not import sections of {shown}: it is another department's.", "course")
    return found[0]


def _is_day_first(sheet: Sheet, reader: Reader) -> bool | None:
    """Whether the file's rewritten dates begin with the day, as those of them tell that can be read one way.

    None: none of them does, or they do not agree.
    """
    columns = [one.name for one in _columns(sheet, reader) if one.kind is Kind.DATE]
    cells = [line.cells[name] for line in sheet.lines for name in columns]
    pairs = [_numbers(cell)[:2] for cell in cells if _REWRITTEN.match(cell.strip())]
    told = {first > MONTHS for first, second in pairs if max(first, second) > MONTHS}
    return told.pop() if len(told) == 1 else None


def _is_rewritten(cell: str, before: Value, *, day_first: bool | None) -> bool:
    """Whether a spreadsheet, which rewrites the dates of a CSV, wrote the date that stands: 1/11/2027.

    Where the file does not tell whether the day or the month comes first, either may. Another date written
    so could be two days, and is refused.
    """
    if not (isinstance(before, str) and _REWRITTEN.match(cell.strip())):
        return False
    year, month, day = map(int, before.split("-"))
    *pair, last = _numbers(cell)
    ways = {None: ([day, month], [month, day]), True: ([day, month],), False: ([month, day],)}
    return pair in ways[day_first] and last in {year, year % 100}


def _numbers(cell: str) -> list[int]:
    return [int(one) for one in re.findall(r"\d+", cell)]


def _is_spelt_otherwise(one: Field, value: Value, before: Value) -> bool:
    """Whether only a spreadsheet's ways differ: a code ``001`` taken for the number 1, or line ends."""
    if not (isinstance(value, str) and isinstance(before, str)):
        return False
    if one.kind is Kind.TEXT and value.isdigit() and value == before.lstrip("0"):
        return True
    return value.splitlines() == before.splitlines()
