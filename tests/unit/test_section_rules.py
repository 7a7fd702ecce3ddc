"""What a SIS declares to refuse: who breaks a rule is told, who keeps it is not."""

import pytest

from integration.sis.section_rules import SectionRules
from scheduling.domain.checks import Surroundings, introduced
from scheduling.domain.values import Assignment, Meeting

AROUND = Surroundings(term_start="2027-02-01", term_end="2027-05-28")
GOOD = {
    "status": "ACTIVE",
    "title": "Cells",
    "campus": "MAIN",
    "start_date": "2027-02-01",
    "end_date": None,
    "enrollment": 0,
    "meetings": (Meeting(), Meeting(days="M", start_date="2027-02-01", end_date="2027-05-28")),
    "instructors": (Assignment(instructor="I1", percent=33.5), Assignment(instructor="I2", percent=67.5)),
}
RULES = SectionRules(
    longest={"title": 5},
    needed=frozenset({"title", "campus", "start_date"}),
    filled_in=frozenset({"start_date"}),
    fixed_once_enrolled=frozenset({"campus"}),
    starts_in_term=True,
    percent_slack=1,
    dates_meetings=True,
    needs_primary=True,
)


def told(rules=RULES, *, is_there=True, **values):
    return [one.message for one in rules.refusals({**GOOD, **values}, AROUND, is_there=is_there)]


def test_who_keeps_to_the_rules_is_told_nothing():
    assert told() == []
    assert list(RULES.group_refusals(has_primary=True)) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": "Bonded"}, "Title may have 5 characters there and has 6; shorten it."),
        ({"campus": None}, "Campus must not be blank there; fill it in."),
        ({"start_date": None}, "Start date must not be blank there; fill it in."),
        ({"enrollment": 1}, "Campus cannot change any more, 1 student is enrolled; ask the registrar."),
        ({"enrollment": 2}, "Campus cannot change any more, 2 students are enrolled; ask the registrar."),
        (
            {"start_date": "2027-01-31"},
            "Start date 2027-01-31 is outside the term (2027-02-01 to 2027-05-28); choose a date within it.",
        ),
        (
            {"instructors": (Assignment(instructor="I1", percent=98.99),)},
            "the instructors' shares add up to 98.99 %, not 100; correct them.",
        ),
        (
            {"meetings": (Meeting(days="M", start_date="2027-02-01"),)},
            "the meeting M has no first or no last date; give the section both dates.",
        ),
    ],
)
def test_who_breaks_one_is_told_what_to_do(values, words):
    assert told(**values) == [f"The SIS will refuse this: {words}"]


def test_to_break_another_rule_of_the_same_field_is_new():
    before, after = (
        list(RULES.refusals({**GOOD, "title": title}, AROUND, is_there=True)) for title in ("Bonded", None)
    )
    assert introduced(before, after) == tuple(after)
    assert introduced(before, before) == ()


def test_a_new_section_is_told_what_is_missing_but_not_what_is_filled_in_for_it():
    undated = (Meeting(days="M"),)
    assert told(is_there=False, start_date=None, campus=None, meetings=undated) == [
        "The SIS takes no section without Campus; fill it in, or it stays only here."
    ]


def test_a_cancelled_section_is_told_nothing():
    assert told(status="CANCELLED", title="Bonded", campus=None) == []


def test_a_sis_that_declares_nothing_refuses_nothing():
    bad = {"title": "x" * 200, "campus": None, "start_date": "2020-01-01", "enrollment": 9, "instructors": ()}
    assert told(SectionRules(), **bad) == []
    assert list(SectionRules().group_refusals(has_primary=False)) == []
    assert SectionRules().in_words() == []


def test_the_rules_are_told_in_words():
    assert RULES.in_words() == [
        "Title: at most 5 characters",
        "never blank: Title, Campus, Start date",
        "fixed once students are enrolled: Campus",
        "a section starts within its term",
        "instructors share 100 percent",
        "meetings have dates, or their section has",
        "a crosslist has a primary section",
    ]
