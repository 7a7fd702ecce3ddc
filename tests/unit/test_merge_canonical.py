"""Values in storable form and back, and their fingerprint."""

import json

from integration.merge.canonical import decode, encode, fingerprint, plain
from scheduling.domain.values import Assignment, Meeting

STRUCTS = {"meetings": Meeting, "instructors": Assignment}
VALUES = {
    "title": "Éthique — 倫理",
    "capacity": 0,
    "notes": None,
    "active": False,
    "meetings": (Meeting(), Meeting(days="MWF", start_time="08:00", end_time="08:55")),
    "instructors": (Assignment(instructor="ada", percent=33.33, is_primary=True),),
    "empty": (),
}


def test_what_was_stored_as_json_comes_back_equal():
    structs = {**STRUCTS, "empty": Meeting}
    assert decode(json.loads(json.dumps(encode(VALUES))), structs=structs) == VALUES


def test_the_stored_form_equals_what_is_read_back():
    assert json.loads(json.dumps(encode(VALUES))) == encode(VALUES)


def test_a_field_that_was_never_set_stays_blank():
    assert decode({"meetings": None}, structs=STRUCTS) == {"meetings": None}


def test_one_value_is_shown_as_json_has_it():
    assert plain((Assignment(instructor="ada"),)) == [
        {"instructor": "ada", "percent": 100, "is_primary": False}
    ]
    assert plain("x") == "x"


def test_a_fingerprint_does_not_depend_on_the_order_of_fields():
    assert fingerprint(VALUES) == fingerprint(dict(reversed(VALUES.items())))


def test_a_fingerprint_tells_blank_from_zero_from_false_from_absent():
    values = [{"f": None}, {"f": 0}, {"f": False}, {"f": ""}, {"f": "0"}, {"f": ()}, {}]
    assert len({fingerprint(one) for one in values}) == len(values)
