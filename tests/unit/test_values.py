"""Canonical values: every spelling of one value is one value; what cannot be is refused with a sentence."""

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import CATALOGUE, RELATIONSHIP_CAPACITY, Field, Kind
from scheduling.domain.values import (
    Assignment,
    Meeting,
    canonical,
    fill_meeting_dates,
    first_start,
    is_storable,
    whole_number,
)

FLAG = Field(name="custom.flag", label="Flag", kind=Kind.BOOLEAN)


def of(name, raw):
    return canonical(CATALOGUE[name], raw)


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("title", "  Biology ", "Biology"),
        ("title", "   ", None),
        ("title", None, None),
        ("status", "ACTIVE", "ACTIVE"),
        ("capacity", "30", 30),
        ("capacity", " 30 ", 30),
        ("capacity", 0, 0),
        ("capacity", "", None),
        ("credits", "1", "1.00"),
        ("credits", 1.5, "1.50"),
        ("credits", Decimal(0), "0.00"),
        ("credits", "-0", "0.00"),
        ("credits", "999.99", "999.99"),
        ("start_date", "2027-02-01", "2027-02-01"),
        ("start_date", dt.date(2027, 2, 1), "2027-02-01"),
        ("meetings", None, ()),
        ("meetings", [], ()),
        ("instructors", "", ()),
    ],
)
def test_a_value_has_one_form(name, raw, expected):
    assert of(name, raw) == expected


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("title", "x" * 201, "201 characters; 200"),
        ("title", 7, "must be text"),
        ("title", "a\x00b", "NUL"),
        ("status", "active", "one of ACTIVE, CANCELLED"),
        ("course", "", "must not be blank"),
        ("section_number", None, "must not be blank"),
        ("capacity", "-1", "0 or more"),
        ("capacity", "100000", "99999 or less"),
        ("capacity", "3.5", "whole number"),
        ("capacity", True, "whole number"),
        ("capacity", "9" * 10, "9 digits at most"),
        ("credits", "one", "number like 1.00"),
        ("credits", "1.005", "two decimals"),
        ("credits", "NaN", "two decimals"),
        ("credits", "Infinity", "number like 1.00"),
        ("credits", "1000", "0 to 999.99"),
        ("credits", "-1", "0 to 999.99"),
        ("start_date", "1.2.2027", "date"),
        ("start_date", "2027-02-30", "no such day"),
        ("start_date", dt.datetime(2027, 2, 1, tzinfo=dt.UTC), "date"),
        ("meetings", "MWF", "must be a list"),
        ("meetings", ["MWF"], "is not a meeting"),
        ("instructors", {"instructor": "I1"}, "must be a list"),
        ("instructors", ["I1"], "is not an instructor assignment"),
    ],
)
def test_what_a_field_cannot_hold_is_refused_with_the_reason(name, raw, says):
    with pytest.raises(InvalidValue) as refusal:
        of(name, raw)
    assert says in refusal.value.message
    assert refusal.value.field == name


class TestMeetings:
    def test_parts_are_put_into_one_form(self):
        raw = {
            "days": "fwm",
            "start_time": "9:00",
            "end_time": dt.time(9, 50),
            "building": " HAL ",
            "room": 101,
        }
        assert of("meetings", [raw]) == (
            Meeting(days="MWF", start_time="09:00", end_time="09:50", building="HAL", room="101"),
        )

    def test_order_and_repetition_do_not_matter(self):
        one, other = {"days": "M"}, {"days": "T"}
        assert of("meetings", [one, other, one]) == of("meetings", [other, one])
        assert len(of("meetings", [one, other, one])) == 2

    def test_an_arranged_meeting_is_a_meeting(self):
        (made,) = of("meetings", [{}])
        assert made.is_arranged

    def test_seconds_of_zero_are_dropped(self):
        (made,) = of("meetings", [{"start_time": "09:00:00", "end_time": "09:50:00"}])
        assert (made.start_time, made.end_time) == ("09:00", "09:50")

    @pytest.mark.parametrize(
        ("raw", "part", "says"),
        [
            ({"days": "MX"}, "days", "MTWRFSU"),
            ({"days": "MM"}, "days", "at most once"),
            ({"start_time": "24:00", "end_time": "09:00"}, "start_time", "HH:MM"),
            ({"start_time": "9am", "end_time": "10:00"}, "start_time", "HH:MM"),
            ({"start_time": "09:00"}, "start_time", "or neither"),
            ({"end_time": "09:00"}, "start_time", "or neither"),
            ({"room": "101"}, "building", "name the building"),
            ({"start_date": "2027-13-01"}, "start_date", "no such day"),
            ({"start_date": "2027-03-02", "end_date": "2027-03-01"}, "end_date", "before it starts"),
        ],
    )
    def test_a_part_that_cannot_be_is_named(self, raw, part, says):
        with pytest.raises(InvalidValue) as refusal:
            of("meetings", [raw])
        assert says in refusal.value.message
        assert (refusal.value.field, refusal.value.part) == ("meetings", part)

    def test_blank_dates_are_filled_from_the_section_and_given_ones_kept(self):
        own = Meeting(days="M", start_date="2027-03-01", end_date="2027-03-31")
        filled = fill_meeting_dates([Meeting(days="T"), own], start_date="2027-02-01", end_date="2027-05-28")
        assert filled == (own, Meeting(days="T", start_date="2027-02-01", end_date="2027-05-28"))

    def test_blank_dates_stay_blank_where_the_section_has_none(self):
        assert fill_meeting_dates([Meeting()], start_date="", end_date="") == (Meeting(),)


@pytest.mark.parametrize(
    ("starts", "first"),
    [((), "24:00"), (("",), "24:00"), (("13:00", "09:05", ""), "09:05"), (("23:59",), "23:59")],
)
def test_a_section_starts_with_its_earliest_class_and_one_without_a_time_comes_last(starts, first):
    assert first_start(Meeting(start_time=one) for one in starts) == first


class TestInstructors:
    def test_percent_and_primary_have_defaults(self):
        assert of("instructors", [{"instructor": "I1"}]) == (
            Assignment(instructor="I1", percent=100, is_primary=False),
        )

    @pytest.mark.parametrize(("raw", "expected"), [("33.33", 33.33), (50.0, 50), ("0", 0), ("", 100)])
    def test_percent_is_whole_where_it_can_be(self, raw, expected):
        (made,) = of("instructors", [{"instructor": "I1", "percent": raw}])
        assert made.percent == expected
        assert type(made.percent) is type(expected)

    @pytest.mark.parametrize(
        ("raw", "says"),
        [
            ([{"instructor": " "}], "names no instructor"),
            ([{"instructor": "I1", "percent": "101"}], "0 to 100"),
            ([{"instructor": "I1", "percent": "-1"}], "0 to 100"),
            ([{"instructor": "I1", "percent": "33.333"}], "two decimals"),
            ([{"instructor": "I1", "percent": "half"}], "must be a number"),
            ([{"instructor": "I1", "is_primary": "yes"}], "True or False"),
            ([{"instructor": "I1"}, {"instructor": "I1", "percent": 50}], "assigned twice"),
            ([{"instructor": w, "is_primary": True} for w in ("I1", "I2")], "mark one"),
        ],
    )
    def test_a_team_that_cannot_be_is_refused(self, raw, says):
        with pytest.raises(InvalidValue, match=says):
            of("instructors", raw)


def test_truth_values_are_spelt_as_files_do():
    assert [canonical(FLAG, raw) for raw in (True, "True", "true", "False", "")] == [
        True,
        True,
        True,
        False,
        None,
    ]
    with pytest.raises(InvalidValue, match="True or False"):
        canonical(FLAG, "1")


def test_a_combined_capacity_is_a_whole_number_or_blank():
    assert [whole_number(RELATIONSHIP_CAPACITY, raw) for raw in (40, " 40 ", "", None)] == [
        40,
        40,
        None,
        None,
    ]
    with pytest.raises(InvalidValue, match="0 or more"):
        whole_number(RELATIONSHIP_CAPACITY, -1)


@pytest.mark.parametrize("raw", ["a\x00", ["\ud800"], {"a": [{"b": "\udfff"}]}, {"\x00": 1}])
def test_text_that_the_database_cannot_hold_is_seen_at_any_depth(raw):
    assert not is_storable(raw)


@settings(deadline=None, derandomize=True)
@given(
    st.recursive(
        st.none()
        | st.integers()
        | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
        st.lists,
    )
)
def test_all_other_text_can_be_stored(raw):
    assert is_storable(raw)


@settings(deadline=None, derandomize=True)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "days": st.sets(st.sampled_from("MTWRFSU")).map("".join),
                "building": st.sampled_from(["", "HAL"]),
                "start_date": st.sampled_from(["", "2027-02-01"]),
            }
        )
    )
)
def test_the_canonical_form_of_a_canonical_value_is_itself(raw):
    once = of("meetings", raw)
    assert of("meetings", once) == once
