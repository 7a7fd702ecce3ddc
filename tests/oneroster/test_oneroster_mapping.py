"""From OneRoster's records to the values of a section."""

from decimal import Decimal

import pytest

from integration.sis.oneroster.mapping import section_number, shares, subject_and_number
from integration.sis.oneroster.records import Enrollment, Reference


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        ("MATH 120", ("MATH", "120")),
        ("MATH-120", ("MATH", "120")),
        ("MATH120", ("MATH", "120")),
        ("AS/RE 201L", ("AS/RE", "201L")),
        ("SOC ANTH 101", ("SOC ANTH", "101")),
        (" BIO.1 ", ("BIO", "1")),
        ("ÉTUDES7", ("ÉTUDES", "7")),
        ("Independent", None),
        ("120", None),
        ("", None),
    ],
)
def test_a_course_code_is_taken_apart_where_it_shows_two_parts(code, parts):
    assert subject_and_number(code) == parts


@pytest.mark.parametrize(
    ("class_code", "course_code", "number"),
    [
        ("MATH120-A", "MATH120", "A"),
        ("MATH 120 - 01", "MATH 120", "01"),
        ("A", "MATH120", "A"),
        ("MATH1201", "MATH120", "MATH1201"),
        ("MATH120", "MATH120", "MATH120"),
        ("", "MATH120", ""),
        ("A", "", "A"),
    ],
)
def test_a_class_code_loses_the_code_of_its_course(class_code, course_code, number):
    assert section_number(class_code, course_code) == number


def teacher(who, primary="false"):
    return Enrollment(
        sourcedId=f"e-{who}",
        status="active",
        role="teacher",
        user=Reference(sourcedId=who),
        class_=Reference(sourcedId="C"),
        primary=primary,
    )


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 11])
def test_shares_are_equal_and_whole_together(size):
    made = shares([teacher(f"I{number:02}") for number in range(size)])
    parts = [Decimal(one["percent"]) for one in made]
    assert sum(parts) == 100
    assert max(parts) - min(parts) < Decimal("0.10")


def test_one_primary_teacher_comes_first_and_nobody_comes_twice():
    made = shares([teacher("I3"), teacher("I2", "true"), teacher("I1", "true"), teacher("I2")])
    assert [(one["instructor"], one["is_primary"]) for one in made] == [
        ("I1", True),
        ("I2", False),
        ("I3", False),
    ]
    assert shares([]) == []
