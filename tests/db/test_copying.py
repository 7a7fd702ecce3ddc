"""Rows that stream into PostgreSQL arrive as they were given."""

import datetime as dt

import pytest
from django.db import connection

from scheduling.domain.values import Meeting
from scheduling.models import Section
from scheduling.services.copying import ROWS_AT_ONCE, Json, copy_rows, update_rows

NASTY = ["", " ", "\\N", "\\.", "\\", "a\tb", "a\nb", "a\r\nb", "\\t", "naïve café \N{SNOWMAN}", "'; --", '"']


@pytest.fixture
def copied(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE copied (id bigint, words text, is_so boolean, day date, number numeric,"
            " doc jsonb, raw bytea) ON COMMIT DROP"
        )


def rows_of(columns="id, words, is_so, day, number, doc::text, raw"):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns} FROM copied ORDER BY id")
        return cursor.fetchall()


def test_texts_with_what_copy_treats_specially_arrive_unchanged(copied):
    assert copy_rows("copied", ["id", "words"], enumerate(NASTY)) == len(NASTY)
    assert [words for _id, words in rows_of("id, words")] == NASTY


def test_every_kind_of_value_arrives(copied):
    day, doc = dt.date(2027, 1, 11), {"title": 'a "b"\n\\', "meetings": (Meeting(days="MWF"),)}
    columns = ["id", "words", "is_so", "day", "number", "doc", "raw"]
    copy_rows("copied", columns, [(1, Section.Status.ACTIVE, True, day, 2.5, Json(doc), b"\x00\\\xff")])
    copy_rows("copied", columns, [(2, None, False, None, None, None, None)])
    first, second = rows_of("id, words, is_so, day, number, doc->>'title', doc #>> '{meetings,0,days}', raw")
    assert first[:-1] == (1, "ACTIVE", True, day, 2.5, 'a "b"\n\\', "MWF")
    assert bytes(first[-1]) == b"\x00\\\xff"
    assert second == (2, None, False, None, None, None, None, None)


def test_a_blank_text_alone_is_a_row(copied):
    assert copy_rows("copied", ["words"], [("",)]) == 1
    assert rows_of("words") == [("",)]


def test_rows_stream_in_order_whatever_their_number(copied):
    number = 2 * ROWS_AT_ONCE + 1
    assert copy_rows("copied", ["id"], ((one,) for one in range(number))) == number
    assert rows_of("id") == [(one,) for one in range(number)]


def test_no_rows_take_no_statement():
    assert copy_rows("a table that is not there", ["id"], []) == 0


def test_why_a_row_could_not_be_made_is_said(copied):
    def rows():
        yield from ((one,) for one in range(ROWS_AT_ONCE))
        raise KeyError("TOH 300")

    with pytest.raises(KeyError, match="TOH 300"):
        copy_rows("copied", ["id"], rows())


def test_an_update_reaches_the_rows_that_it_names_and_no_others(copied):
    copy_rows("copied", ["id", "words"], [(1, "a"), (2, "b"), (3, "c")])
    assert update_rows("copied", ["words"], [(1, "A"), (3, None), (4, "D")]) == 2
    assert rows_of("id, words") == [(1, "A"), (2, "b"), (3, None)]
