"""A list page by page: each row once and in order, whatever comes and goes, and no cursor breaks it."""

import base64
import json
from contextlib import suppress
from itertools import count, pairwise

import pytest
from django.db import connection, transaction
from django.db.models import CharField, F
from django.db.models.functions import Cast
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.models import Building, Course, Room, Term
from scheduling.paging import BadCursor, Ordering, page_of

SIZE = 3
NUMBERS = count(1)
BY_SEATS = Ordering(keys=(("capacity", -1),))
ORDERINGS = [
    Ordering(),
    Ordering(is_descending=True),
    BY_SEATS,
    Ordering(keys=(("capacity", -1),), is_descending=True),
    Ordering(keys=(("room_type", ""), ("capacity", -1))),
    Ordering(keys=((Cast(F("capacity"), CharField()), "~"), ("room_type", "")), is_descending=True),
]
seats = st.none() | st.sampled_from([0, 1, 40, 2_147_483_647])
kinds = st.sampled_from(["", "LAB", "lab", "Hörsaal", "~", "a'b%_\\"])
rooms = st.lists(st.tuples(kinds, seats), max_size=12)
quickly = settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class taken_back(transaction.Atomic):  # noqa: N801  # a context manager
    """A transaction whose writes are undone, so that each example begins with nothing."""

    def __init__(self):
        super().__init__(using=None, savepoint=True, durable=False)

    def __exit__(self, *raised):
        transaction.set_rollback(True)
        super().__exit__(*raised)


def add(kind, capacity):
    building, _made = Building.objects.get_or_create(code="HAL", name="Hall")
    return Room.objects.create(
        building=building, number=str(next(NUMBERS)), room_type=kind, capacity=capacity
    ).pk


def forwards(ordering, cursor="", *, between=lambda _page: None):
    """The pages from `cursor` to the end."""
    pages = [page_of(Room.objects.all(), ordering, cursor, size=SIZE)]
    while pages[-1].next:
        between(pages[-1])
        pages.append(page_of(Room.objects.all(), ordering, pages[-1].next, size=SIZE))
        assert len(pages) < 40
    return pages


def backwards(ordering, page):
    """The pages from `page` to the beginning, in the order of the list."""
    pages = [page]
    while pages[0].previous:
        pages.insert(0, page_of(Room.objects.all(), ordering, pages[0].previous, size=SIZE))
        assert len(pages) < 40
    return pages


def ids(pages):
    return [row.pk for page in pages for row in page.rows]


@quickly
@given(made=rooms, ordering=st.sampled_from(ORDERINGS))
def test_both_ways_visit_each_row_once_and_in_order(db, made, ordering):
    with taken_back():
        for one in made:
            add(*one)
        whole = page_of(Room.objects.all(), ordering, size=100)
        expected = [row.pk for row in whole.rows]
        there = forwards(ordering)
        assert ids(there) == expected
        assert sorted(expected) == sorted(Room.objects.values_list("pk", flat=True))
        assert ids(backwards(ordering, there[-1])) == expected
        assert (there[0].previous, there[-1].next) == ("", "")
        assert (whole.previous, whole.next) == ("", "")


@quickly
@given(made=rooms, descending=st.booleans())
def test_the_order_is_that_of_the_keys_with_blanks_as_they_are_told_to_sort(db, made, descending):
    with taken_back():
        for one in made:
            add(*one)
        ordering = Ordering(keys=(("capacity", -1),), is_descending=descending)
        rows = [row for page in forwards(ordering) for row in page.rows]
        places = [(-1 if row.capacity is None else row.capacity, row.pk) for row in rows]
        assert places == sorted(places, reverse=descending)


@quickly
@given(made=rooms, changes=st.lists(st.tuples(kinds, seats) | st.integers(0, 11), max_size=4), data=st.data())
def test_rows_that_stay_are_visited_once_while_others_come_and_go(db, made, changes, data):
    ordering = data.draw(st.sampled_from(ORDERINGS))
    with taken_back():
        before = [add(*one) for one in made]
        left = list(changes)

        def change(_page):
            if left and isinstance(one := left.pop(), tuple):
                add(*one)
            elif changes and isinstance(one, int) and one < len(before):
                Room.objects.filter(pk=before[one]).delete()

        seen = ids(forwards(ordering, between=lambda page: change(page) if left else None))
        assert len(seen) == len(set(seen))
        assert set(seen) >= set(before) & set(Room.objects.values_list("pk", flat=True))


def test_a_page_whose_own_rows_are_gone_still_leads_on(db):
    made = [add("", number) for number in range(9)]
    second = page_of(Room.objects.all(), BY_SEATS, page_of(Room.objects.all(), BY_SEATS, size=3).next, size=3)
    Room.objects.filter(pk__in=made[3:6]).delete()
    assert ids([page_of(Room.objects.all(), BY_SEATS, second.next, size=3)]) == made[6:]
    assert ids([page_of(Room.objects.all(), BY_SEATS, second.previous, size=3)]) == made[:3]


def test_a_page_behind_the_end_is_empty_and_leads_nowhere_wrong(db):
    made = [add("", number) for number in range(4)]
    first = page_of(Room.objects.all(), BY_SEATS, size=3)
    Room.objects.filter(pk__in=made[3:]).delete()
    page = page_of(Room.objects.all(), BY_SEATS, first.next, size=3)
    assert (list(page.rows), page.next) == ([], "")


def test_columns_of_other_tables_and_with_decimals_page_too(db):
    term = Term.objects.create(code="1", start_date="2027-01-01", end_date="2027-05-01")
    for number in range(7):
        Course.objects.create(
            term=term,
            sis_id=f"C{number}",
            subject="BIO",
            number="1",
            credits=[None, "0.50", "3.33"][number % 3],
        )
    ordering = Ordering(keys=(("term__code", ""), ("credits", -1)))
    seen, cursor = [], ""
    while True:
        page = page_of(Course.objects.order_by("id"), ordering, cursor, size=2)
        seen += page.rows
        cursor = page.next
        if not cursor:
            break
    found = [float(-1 if one.credits is None else one.credits) for one in seen]
    assert len(seen) == 7
    assert all(before <= after for before, after in pairwise(found))


def test_a_page_takes_one_query_wherever_it_is(db):
    for number in range(8):
        add("", number)
    for cursor in ("", page_of(Room.objects.all(), BY_SEATS, size=3).next):
        with CaptureQueriesContext(connection) as queries:
            page_of(Room.objects.all(), BY_SEATS, cursor, size=3)
        assert len(queries) == 1


def test_only_columns_that_may_be_blank_are_filled_so_that_others_are_read_from_their_index(db):
    for key, is_filled in (("building__name", False), ("capacity", True)):
        with CaptureQueriesContext(connection) as queries:
            page_of(Room.objects.all(), Ordering(keys=((key, "" if key != "capacity" else -1),)))
        assert ("COALESCE" in queries[0]["sql"]) is is_filled


def cursor_of(document):
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


BAD = {
    "no base64": "%%%",
    "one letter": "A",
    "letters of other scripts": "кириллица",
    "no JSON": base64.urlsafe_b64encode(b"[true").decode(),
    "no UTF-8": base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    "no list": cursor_of({"a": 1}),
    "a number": cursor_of(5),
    "too short": cursor_of([False]),
    "no direction": cursor_of(["yes", [1, 2]]),
    "a place that is no list": cursor_of([False, "12"]),
    "a place of another order": cursor_of([False, [1]]),
    "a place with too much": cursor_of([False, [1, 2, 3]]),
    "blank places": cursor_of([False, [None, 2]]),
    "lists for places": cursor_of([False, [[1], 2]]),
    "text for a number": cursor_of([False, ["many", 2]]),
    "text for an id": cursor_of([False, [1, "x"]]),
    "endless": base64.urlsafe_b64encode(b"[false, [1e999, 2]]").decode(),
    "endless id": base64.urlsafe_b64encode(b"[false, [1, 1e999]]").decode(),
    "no number": base64.urlsafe_b64encode(b"[false, [1, NaN]]").decode(),
    "too many digits": base64.urlsafe_b64encode(b"[false, [1" + b"0" * 400 + b", 2]]").decode(),
    "too deep": base64.urlsafe_b64encode(b"[" * 5000).decode(),
    "NUL": cursor_of([False, ["\x00", 2]]),
    "half a pair": cursor_of([False, ["\ud800", 2]]),
}


@pytest.mark.parametrize("cursor", BAD.values(), ids=BAD.keys())
def test_a_cursor_that_is_none_of_ours_is_refused(db, cursor):
    add("", 1)
    with pytest.raises(BadCursor):
        page_of(Room.objects.all(), BY_SEATS, cursor)


@quickly
@given(cursor=st.text(max_size=30) | st.binary(max_size=30).map(lambda raw: base64.b64encode(raw).decode()))
def test_any_text_is_a_place_or_a_bad_cursor(db, cursor):
    with suppress(BadCursor):
        page_of(Room.objects.all(), BY_SEATS, cursor)


@quickly
@given(
    place=st.lists(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), min_size=2, max_size=2
    ),
    is_back=st.booleans(),
)
def test_any_place_is_a_place_or_a_bad_cursor(db, place, is_back):
    add("", 1)
    with suppress(BadCursor):
        page_of(Room.objects.all(), BY_SEATS, cursor_of([is_back, place]))
