"""Workbooks: written so that a spreadsheet changes nothing, read without working anything out."""

import datetime as dt
import io
import random
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from scheduling.sheets import workbook
from scheduling.sheets.cells import harmless
from scheduling.sheets.refusing import NotASheet
from scheduling.sheets.workbook import rows_of_workbook, write_workbook

TEXTS = [
    "0010",
    "=1+1",
    "'=x",
    "+49",
    "@a",
    "-",
    "a\nb",
    " ",
    "<b>&amp;",
    "é漢",
    "1.50",
    "2027-02-01",
    "TRUE",
]


def written(*rows, numbers=()):
    file = io.BytesIO()
    write_workbook(rows, file, numbers=numbers)
    return file.getvalue()


def read(content, most=100):
    return [cells for _number, _place, cells in rows_of_workbook(content, most=most)]


def made(*rows, title="Sections", also=()):
    """A workbook as a spreadsheet might save it."""
    book = Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    for name in also:
        book.create_sheet(name, 0).append([name])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_what_is_written_is_read_back_guarded_like_a_csv_file():
    row = [harmless(text) for text in TEXTS]
    assert read(written([f"c{at}" for at in range(len(row))], row))[1] == row


def test_codes_are_text_numbers_are_numbers_and_nothing_is_a_formula():
    content = written(
        ["id", "code", "credits", "notes"], ["7", "0010", "1.50", "'=1+1"], numbers={"id", "credits"}
    )
    cells = load_workbook(io.BytesIO(content))["Sections"][2]
    assert [(one.value, one.data_type, one.number_format) for one in cells] == [
        (7, "n", "0"),
        ("0010", "s", "@"),
        (1.5, "n", "0.00"),
        ("=1+1", "s", "@"),
    ]


def test_cells_of_every_kind_say_what_they_show():
    row = [
        7,
        7.0,
        0.1 + 0.2,
        True,
        dt.date(2027, 2, 1),
        dt.datetime(2027, 2, 1, 9, 30),  # noqa: DTZ001  # workbooks know no zones
        dt.time(9, 5),
        None,
        "x",
    ]
    assert read(made(row)) == [
        ["7", "7", "0.3", "TRUE", "2027-02-01", "2027-02-01 09:30:00", "09:05", "", "x"]
    ]


@pytest.mark.parametrize(
    ("cell", "words"), [("=1+1", "a formula; put its value there"), ("#N/A", "#N/A; correct it")]
)
def test_what_has_to_be_worked_out_is_refused_with_its_sheet_row_and_cell(cell, words):
    with pytest.raises(NotASheet) as refused:
        read(made(["id", "title"], [], ["1", cell], title="Mine"))
    assert refused.value.message == f"Row 3 of sheet “Mine”, cell B3: it holds {words}."


def test_the_sheet_of_sections_is_read_else_the_first_one():
    assert read(made(["ours"], also=["First"])) == [["ours"]]
    assert read(made(["theirs"], title="Other", also=["First"])) == [["First"]]


def test_no_more_rows_are_read_than_wanted():
    assert len(read(made(*(["x"] for _row in range(9))), most=4)) == 4


def test_a_small_file_that_unpacks_to_a_great_one_is_refused(monkeypatch):
    monkeypatch.setattr(workbook, "MOST_UNPACKED", 1000)  # bytes: any workbook has more
    with pytest.raises(NotASheet, match="holds too much"):
        read(made(["x"]))


def test_a_damaged_workbook_is_read_or_refused_and_never_fails():
    good, luck = made(["id", "title"], [1, "Cells"]), random.Random(7)
    refused = 0
    for _time in range(60):
        try:
            read(damaged(good, luck))
        except NotASheet:
            refused += 1
    assert 10 < refused < 60


def damaged(content, luck):
    """The same workbook with a few bytes of one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        victim = luck.choice(old.namelist())
        for name in old.namelist():
            data = bytearray(old.read(name))
            if name == victim:
                for _change in range(luck.choice([1, 3])):
                    at = luck.randrange(len(data))
                    data[at : at + luck.choice([0, 1, 4])] = luck.choice([b"9", b"<", b"A", b"", b"-1"])
            new.writestr(name, bytes(data))
    return out.getvalue()
