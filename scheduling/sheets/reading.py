"""A file of rows as somebody uploads it: read whole or refused, each problem with its place and its cure."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scheduling.domain.errors import DomainError
from scheduling.domain.fields import Catalogue
from scheduling.domain.values import is_storable

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 20_000
LONGEST_CELL = 20_000
KEYS = ("id", "version", "code")
"""Columns that are no field: they say which section, and which state of it, a row is about."""
SHOWN_PROBLEMS = 20
UTF16 = (b"\xff\xfe", b"\xfe\xff")
ZIP = b"PK\x03\x04"


@dataclass(eq=False)
class NotASheet(DomainError):
    """A file that cannot be read; `problems`: every sentence of why and what to do."""

    problems: Sequence[str] = field(default_factory=tuple)

    code = "NOT_A_SHEET"


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its number in the file, and column -> text."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the file holds. `columns`: names of fields and of `KEYS`, in the file's order."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def read_sheet(content: bytes, *, fields: Catalogue) -> Sheet:
    """The rows of a CSV file. Raises `NotASheet`."""
    text = _text(content)
    rows = _rows(text)
    number, heading = next(rows, (1, []))
    columns = _columns(heading, number, fields)
    lines: list[Line] = []
    problems: list[str] = []
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        problem = _problem(row, number, columns)
        if problem:
            problems.append(problem)
        elif len(lines) == MOST_ROWS:
            raise _refused(f"The file has more than {MOST_ROWS:,} rows; split it.")
        else:
            lines.append(Line(number, dict(zip(columns, row, strict=False))))
        if len(problems) == SHOWN_PROBLEMS:
            break
    if problems:
        raise _refused(*problems)
    if not lines:
        raise _refused("The file has no row below the names of its columns; add the sections to change.")
    return Sheet(columns, tuple(lines))


def _refused(*problems: str) -> NotASheet:
    return NotASheet(problems[0], problems=problems)


def _text(content: bytes) -> str:
    if not content.strip():
        raise _refused("The file is empty.")
    if len(content) > MOST_BYTES:
        raise _refused(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB; split it.")
    if content.startswith(ZIP):
        raise _refused("This is a workbook; save it as “CSV UTF-8” and upload that.")
    if content.startswith(UTF16):
        raise _refused("The file is written in UTF-16; save it as “CSV UTF-8” and upload that.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _refused(
            f"Line {line} is not written in UTF-8; save the file as “CSV UTF-8” and upload that."
        ) from None
    if not is_storable(text):
        line = text[: text.find("\x00")].count("\n") + 1
        raise _refused(f"Line {line} holds a NUL, which no text has; save the file as “CSV UTF-8” again.")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of its first line, cells) of each row, whichever sign separates the cells."""
    first = text[: text.find("\n")] if "\n" in text else text
    sign = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    while True:
        number = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise _refused(
                f"Line {number} cannot be read ({error}); look for a quote that is not closed or not doubled."
            ) from None
        if row is None:
            return
        yield number, row


def _columns(heading: Sequence[str], number: int, fields: Catalogue) -> tuple[str, ...]:
    """The heading's names as names of fields and keys; what they are called on the pages is understood."""
    known = {one.label.casefold(): one.name for one in fields}
    known |= {name.casefold(): name for name in (*fields.names, *KEYS)}
    given = [name.strip() for name in heading]
    while given and not given[-1]:
        given.pop()
    named = [known.get(name.casefold(), "") for name in given]
    unknown = [name or "(blank)" for name, column in zip(given, named, strict=True) if not column]
    if unknown:
        raise _refused(
            f"Line {number}: there is no column {', '.join(map(repr, unknown[:SHOWN_PROBLEMS]))[:300]}. "
            f"Remove it, or name it as one of: {', '.join((*KEYS, *fields.names))}."
        )
    twice = [name for name, count in Counter(named).items() if count > 1]
    if twice:
        raise _refused(f"Line {number}: the column {', '.join(twice)} is there twice; keep one.")
    _check_can_name(named, number)
    return tuple(named)


def _check_can_name(columns: Iterable[str], number: int) -> None:
    if {"id", "crn", "code"} & set(columns) or {"course", "section_number"} <= set(columns):
        return
    raise _refused(
        f"Line {number}: no column says which section a row is about. Add id, crn or code; or course and "
        "section_number to make new sections."
    )


def _problem(row: Sequence[str], number: int, columns: Sequence[str]) -> str:
    if any(cell.strip() for cell in row[len(columns) :]):
        return f"Line {number} has more cells than there are columns; put text with a separator in quotes."
    if len(row) < len(columns):
        return (
            f"Line {number} has {len(row)} cells and there are {len(columns)} columns; add what is missing."
        )
    for name, cell in zip(columns, row, strict=False):
        if len(cell) > LONGEST_CELL:
            return f"Line {number}, {name}: the cell has {len(cell):,} characters; shorten it."
    return ""
