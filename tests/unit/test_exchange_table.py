"""One file of an exchange folder: what is taken, what is refused, and where it says the fault is."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.sis.exchange_table import Table, Vouched, Wrong, broken_field
from integration.sis.port import SisUnreadable

HEADER = "code,name,campus\n"


@pytest.fixture
def table(tmp_path):
    """A table of buildings with the given bytes or text."""

    def make(content: str | bytes, **given) -> Table:
        path = tmp_path / "buildings.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Table(name="buildings", path=path, wanted=("code", "name", "campus"), **given)

    return make


def refusal(table: Table) -> tuple[str, int | None, str]:
    """(code, line, column) of the error that reading raises; its sentence names file and fix."""
    with pytest.raises(SisUnreadable) as refused:
        list(table.rows())
    error = refused.value
    assert error.message.startswith("buildings.csv")
    assert error.message.endswith(".")
    assert error.origin.file == "buildings.csv"
    return error.code, error.origin.line, error.column


# ---- what is taken


def test_rows_come_with_their_first_physical_line(table):
    rows = list(table(HEADER + 'A,"two\nlines",X\n\nB,"three\r\n\nlines",Y\nC,plain,Z\n').rows())
    assert rows == [
        (2, ("A", "two\nlines", "X")),
        (5, ("B", "three\r\n\nlines", "Y")),
        (8, ("C", "plain", "Z")),
    ]


def test_a_byte_order_mark_and_carriage_returns_are_no_fault(table):
    content = b"\xef\xbb\xbfcode,name,campus\r\nA,caf\xc3\xa9,X\r\n"
    assert list(table(content).rows()) == [(2, ("A", "café", "X"))]


def test_columns_may_stand_in_any_order_and_unknown_ones_are_kept_out(table):
    read = table("colour,campus, name ,code\nred,X,Hall,A\n")
    assert list(read.rows()) == [(2, ("A", "Hall", "X"))]
    assert read.unknown == ("colour",)


def test_an_optional_column_is_taken_where_it_is(table):
    with_ref = table("code,name,client_ref,campus\nA,Hall,r1,X\n", optional=("client_ref",))
    assert list(with_ref.rows()) == [(2, ("A", "Hall", "X", "r1"))]
    without = table(HEADER + "A,Hall,X\n", optional=("client_ref",))
    assert list(without.rows()) == [(2, ("A", "Hall", "X"))]


def test_a_quote_inside_unquoted_text_is_text(table):
    assert list(table(HEADER + 'A,5" pipe,X\n').rows()) == [(2, ("A", '5" pipe', "X"))]


def test_a_row_of_the_wrong_width_is_shown_as_such(table):
    many, few = (row for _line, row in table("campus,name,code\nX,Hall,A,B\nY\n").rows())
    assert many == Wrong(cells=("A", "Hall", "X"), found=4)
    assert few == Wrong(cells=("", "", "Y"), found=1)


@pytest.mark.parametrize("last", ["", "2024-12-17", "X"], ids=["blank", "a date", "seen before"])
def test_a_last_row_without_a_line_end_is_taken_where_nothing_can_be_lost(table, last):
    rows = list(table(HEADER + f"A,Hall,X\nB,Hall,{last}").rows())
    assert rows[-1] == (3, ("B", "Hall", last))


def test_a_manifest_vouches_for_a_last_row_without_a_line_end(table):
    content = HEADER + "A,Hall,unique"
    read = table(content)
    read.vouched = Vouched(rows="1", sha256=read.content_digest())
    assert len(list(read.rows())) == 1


# ---- what is refused


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ("NO_HEADER", 1, "")),
        ("\n", ("NO_HEADER", 1, "")),
        ("code,name\n", ("MISSING_COLUMN", 1, "campus")),
        ("code,name,campus,name\n", ("DUPLICATE_COLUMN", 1, "name")),
        (HEADER.encode("utf-16"), ("WRONG_ENCODING", 1, "")),
        (HEADER.encode() + "A,Café,X\n".encode("latin-1"), ("WRONG_ENCODING", 2, "name")),
        (HEADER.encode() + 'A,Hall,"a\nb\ncafé"\n'.encode("latin-1"), ("WRONG_ENCODING", 4, "campus")),
        (HEADER + "A,Ha\x00ll,X\n", ("NUL_BYTE", 2, "name")),
        (HEADER + 'A,"two\nlines",X\x00\n', ("NUL_BYTE", 3, "campus")),
        ("code,na\x00me,campus\n", ("NUL_BYTE", 1, "")),
        (HEADER + 'A,"Hall" of fame,X\n', ("MALFORMED_CSV", 2, "name")),
        (HEADER + 'A,Hall,X\nB,"one\ntwo"x,X\n', ("MALFORMED_CSV", 3, "name")),
        (HEADER + "A,Hall,X\rB,Hall,X\r", ("MALFORMED_CSV", 2, "campus")),
        (HEADER + f'A,"{"x" * 200_000}",X\n', ("MALFORMED_CSV", 2, "name")),
        (HEADER + 'A,Hall,X\nB,"Hall,X\nC,Hall,X\n', ("TRUNCATED", 3, "name")),
        (HEADER + "A,Hall,MAIN\nB,Hall,MAI", ("TRUNCATED", 3, "campus")),
        (HEADER + "A,Hall,MAIN\nB,Ha", ("TRUNCATED", 3, "name")),
        (HEADER + "A,Hall,MAIN\nB", ("TRUNCATED", 3, "code")),
        (HEADER + "A,Hall,2024-12-17\nB,Hall,2024-12-1", ("TRUNCATED", 3, "campus")),
    ],
)
def test_a_file_that_is_not_what_it_claims_to_be_is_refused_with_its_place(table, content, expected):
    assert refusal(table(content)) == expected


def test_a_missing_file_is_refused(table):
    read = table(HEADER)
    read.path.unlink()
    assert refusal(read) == ("MISSING_FILE", None, "")


@pytest.mark.parametrize(
    "vouched",
    [Vouched(rows="1", sha256="0" * 64), Vouched(rows="", sha256="0" * 64), Vouched(rows="2", sha256="")],
    ids=["other content", "other content, no rows", "other number of rows"],
)
def test_a_file_that_the_manifest_does_not_vouch_for_is_refused(table, vouched):
    read = table(HEADER + "A,Hall,X\n")
    digest = vouched.sha256 or read.content_digest()
    read.vouched = Vouched(rows=vouched.rows, sha256=digest)
    assert refusal(read) == ("MANIFEST_MISMATCH", None, "")


def test_a_file_that_changes_between_two_readings_is_refused(table):
    read = table(HEADER + "A,Hall,X\n")
    list(read.rows())
    read.path.write_text(HEADER + "A,Hall,Y\n")
    assert refusal(read) == ("CHANGED_WHILE_READ", None, "")


# ---- for any content

cells = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6)


@given(rows=st.lists(st.tuples(cells, cells, cells), max_size=6), end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_written_is_read_back_with_its_lines(tmp_path_factory, rows, end):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(["code", "name", "campus"])
    lines = []
    for row in rows:
        lines.append(text.getvalue().count("\n") + 1)
        writer.writerow(row)
    path = tmp_path_factory.mktemp("any") / "buildings.csv"
    path.write_bytes(text.getvalue().encode())
    read = Table(name="buildings", path=path, wanted=("code", "name", "campus"))
    assert list(read.rows()) == list(zip(lines, rows, strict=True))


@given(
    before=st.lists(cells, max_size=3),
    fault=st.sampled_from(['"x"y', '"', '"open', "a\rb"]),
)
def test_the_broken_field_is_found_behind_any_whole_ones(before, fault):
    text = io.StringIO()
    csv.writer(text, lineterminator="", quoting=csv.QUOTE_ALL).writerow([*before, "x"])
    assert broken_field(text.getvalue().removesuffix('"x"') + fault) == len(before)
