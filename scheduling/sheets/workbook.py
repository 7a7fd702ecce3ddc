"""Excel workbooks: a cell is text but for numbers, so that codes keep their zeros and nothing is a formula.

Read, a cell gives the text that it shows, guarded like the cell of a CSV file (`harmless`); a formula is
refused and never worked out.
"""

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from typing import IO, Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from .cells import as_meant, harmless
from .refusing import not_a_sheet

WORKBOOK = b"PK\x03\x04"
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
"""What the file of an old Excel, and of one that is locked with a password, begins with."""
SHEET = "Sections"
MOST_UNPACKED = 60 * 1024 * 1024
"""Bytes: a small file can unpack to more than a machine holds."""
MOST_COLUMNS = 200
LAST_ROW = 1_048_576
"""Excel's own."""
WIDTH = 18
TEXT = "@"
BROKEN = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError, SyntaxError, NotImplementedError, RuntimeError),
    *(LookupError, ValueError, TypeError, AttributeError),
)
"""What the reader raises for a file that is no workbook, or a damaged one."""


def write_workbook(
    rows: Iterable[Sequence[object]], file: IO[bytes], *, numbers: Collection[str] = ()
) -> None:
    """Write `rows` of guarded cells, the names of the columns first; `numbers`: columns of numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = "A2"
    found = iter(rows)
    heading = [str(name) for name in next(found)]
    for column in range(1, len(heading) + 1):
        sheet.column_dimensions[get_column_letter(column)].width = WIDTH
    sheet.append([_text_cell(sheet, name, font=Font(bold=True)) for name in heading])
    are_numbers = [name in numbers for name in heading]
    for row in found:
        sheet.append(
            [
                _number_cell(sheet, str(value)) if is_number else _text_cell(sheet, str(value))
                for value, is_number in zip(row, are_numbers, strict=True)
            ]
        )
    book.save(file)


def _text_cell(sheet: Any, guarded: str, *, font: Font | None = None) -> Any:
    """A cell that is text and stays text when somebody edits it; None for a blank one."""
    text = ILLEGAL_CHARACTERS_RE.sub("", as_meant(guarded))
    if not text:
        return None
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # also of a text that begins with "="
    cell.number_format = TEXT
    if font is not None:
        cell.font = font
    return cell


def _number_cell(sheet: Any, guarded: str) -> Any:
    text = as_meant(guarded)
    if not text:
        return None
    cell = WriteOnlyCell(sheet, float(text) if "." in text else int(text))
    cell.number_format = "0.00" if "." in text else "0"
    return cell


def rows_of_workbook(content: bytes, *, most: int) -> Iterator[tuple[int, str, list[str]]]:
    """(number, that in words, guarded cells) of each row that holds something, up to `most` of them.

    Of the sheet *Sections*, else of the first one. Raises `NotASheet`.
    """
    try:
        title, rows = _unpacked(content, most)
    except BROKEN:
        raise not_a_sheet(
            "This workbook cannot be read; open it, save it again as .xlsx and upload that."
        ) from None
    for number, row in rows:
        place = f"row {number} of sheet “{title}”"
        yield number, place, [_text(cell, place) for cell in row]


def _unpacked(content: bytes, most: int) -> tuple[str, list[tuple[int, Sequence[Any]]]]:
    """The title of the sheet and its rows, as the library reads them."""
    with zipfile.ZipFile(BytesIO(content)) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
            raise not_a_sheet("The workbook holds too much; copy its rows into a new one and upload that.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a workbook has that nobody reads here
        book = load_workbook(BytesIO(content), read_only=True, keep_links=False)
        sheets = {one.title: one for one in reversed(book.worksheets)}
        sheet = sheets.get(SHEET) or book.worksheets[0]
        sheet.reset_dimensions()  # a file may say a wrong size
        rows = enumerate(sheet.iter_rows(max_col=MOST_COLUMNS, max_row=LAST_ROW), start=1)
        filled = (
            (number, row[: 1 + max(at for at, one in enumerate(row) if one.value is not None)])
            for number, row in rows
            if any(one.value is not None for one in row)
        )
        return sheet.title, list(islice(filled, most))


def _text(cell: Any, place: str) -> str:
    """What a cell says, guarded. Raises `NotASheet` for what has to be worked out."""
    value = cell.value
    if cell.data_type in {"f", "e"}:
        what = "a formula; put its value there" if cell.data_type == "f" else f"{value}; correct it"
        raise not_a_sheet(f"{place[0].upper()}{place[1:]}, cell {cell.coordinate}: it holds {what}.")
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float():
            return f"{value:.15g}"  # as many digits as Excel keeps
        case dt.datetime():
            return str(value.date() if value.time() == dt.time.min else value)
        case dt.time():
            return f"{value:%H:%M}"
    return harmless(str(value))
