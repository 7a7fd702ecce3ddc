"""A file of rows as somebody uploads it: read whole or refused, each problem with its place and its cure."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain.fields import Catalogue
from scheduling.domain.values import is_storable

from .refusing import not_a_sheet
from .workbook import OLD_WORKBOOK, WORKBOOK, rows_of_workbook

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
LONGEST_CELL = 20_000
KEYS = ("id", "version", "code")
"""Columns that are no field: they say which section, and which state of it, a row is about."""
SHOWN_PROBLEMS = 20
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its number in the file, where that is in words, and column -> text."""

    number: int
    place: str
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the file holds. `columns`: names of fields and of `KEYS`, in the file's order."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(content: bytes, *, fields: Catalogue) -> Sheet:
    """The rows of a CSV file or a workbook. Raises `NotASheet`."""
    if len(content) > MOST_BYTES:
        raise not_a_sheet(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB; split it.")
    is_workbook = content.startswith(WORKBOOK)
    rows = rows_of_workbook(content, most=MOST_ROWS + 2) if is_workbook else _rows(_text(content))
    _number, place, heading = next(rows, (1, "line 1", []))
    columns = _columns(heading, place, fields)
    lines: list[Line] = []
    problems: list[str] = []
    for number, place, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        cells = [*row, *("" for _missing in columns[len(row) :])] if is_workbook else row
        problem = _problem(cells, place, columns)
        if problem:
            problems.append(problem)
        elif len(lines) == MOST_ROWS:
            raise not_a_sheet(f"The file has more than {MOST_ROWS:,} rows; split it.")
        else:
            lines.append(Line(number, place, dict(zip(columns, cells, strict=False))))
        if len(problems) == SHOWN_PROBLEMS:
            break
    if problems:
        raise not_a_sheet(*problems)
    if not lines:
        raise not_a_sheet("The file has no row below the names of its columns; add the sections to change.")
    return Sheet(columns, tuple(lines))


def _text(content: bytes) -> str:
    if not content.strip():
        raise not_a_sheet("The file is empty.")
    if content.startswith(OLD_WORKBOOK):
        raise not_a_sheet("This workbook is of an old kind or has a password; save it as .xlsx without one.")
    if content.startswith(UTF16):
        raise not_a_sheet("The file is written in UTF-16; save it as “CSV UTF-8” and upload that.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise not_a_sheet(
            f"Line {line} is not written in UTF-8; save the file as “CSV UTF-8” and upload that."
        ) from None
    if not is_storable(text):
        line = text[: text.find("\x00")].count("\n") + 1
        raise not_a_sheet(f"Line {line} holds a NUL, which no text has; save the file as “CSV UTF-8” again.")
    return text


def _rows(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """(number of its first line, that in words, cells) of each row, whichever sign separates the cells."""
    first = text[: text.find("\n")] if "\n" in text else text
    sign = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise not_a_sheet(
                f"Line {number} cannot be read ({error}); look for a quote that is not closed or not doubled."
            ) from None
        if row is None:
            return
        yield number, f"line {number}", row


def _columns(heading: Sequence[str], place: str, fields: Catalogue) -> tuple[str, ...]:
    """The heading's names as names of fields and keys; what they are called on the pages is understood."""
    known = {one.label.casefold(): one.name for one in fields}
    known |= {name.casefold(): name for name in (*fields.names, *KEYS)}
    given = [name.strip() for name in heading]
    while given and not given[-1]:
        given.pop()
    named = [known.get(name.casefold(), "") for name in given]
    unknown = [name or "(blank)" for name, column in zip(given, named, strict=True) if not column]
    if unknown:
        named_so = ", ".join(map(repr, unknown[:SHOWN_PROBLEMS]))[:300]
        raise not_a_sheet(
            f"{_capital(place)}: there is no column named {named_so}. "
            f"Remove it, or name it as one of: {', '.join((*KEYS, *fields.names))}."
        )
    twice = [name for name, count in Counter(named).items() if count > 1]
    if twice:
        raise not_a_sheet(f"{_capital(place)}: the column {', '.join(twice)} is there twice; keep one.")
    _check_can_name(named, place)
    return tuple(named)


def _check_can_name(columns: Iterable[str], place: str) -> None:
    if {"id", "crn", "code"} & set(columns) or {"course", "section_number"} <= set(columns):
        return
    raise not_a_sheet(
        f"{_capital(place)}: no column says which section a row is about. Add id, crn or code; or course and "
        "section_number to make new sections."
    )


def _problem(row: Sequence[str], place: str, columns: Sequence[str]) -> str:
    where = _capital(place)
    if any(cell.strip() for cell in row[len(columns) :]):
        return f"{where} has more cells than there are columns; put text with a separator in quotes."
    if len(row) < len(columns):
        return f"{where} has {len(row)} cells and there are {len(columns)} columns; add what is missing."
    for name, cell in zip(columns, row, strict=False):
        if len(cell) > LONGEST_CELL:
            return f"{where}, {name}: the cell has {len(cell):,} characters; shorten it."
    return ""


def _capital(place: str) -> str:
    return place[0].upper() + place[1:]
