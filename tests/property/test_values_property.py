"""Canonical values: one form for one content, whatever way it was written, stored or read back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.merge.canonical import decode, encode, fingerprint
from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import CATALOGUE, Kind
from scheduling.domain.values import Assignment, Meeting, canonical, is_storable

STRUCTS = {"meetings": Meeting, "instructors": Assignment}
OF_KIND = {field.kind: field for field in CATALOGUE}
blanks = st.sampled_from(["", " ", "  ", "\t", "\n"])
spaced = st.builds(lambda before, text, after: before + text + after, blanks, st.text(max_size=12), blanks)
numbers = st.one_of(
    st.integers(-10, 100_000),
    st.decimals(min_value=-5, max_value=1200, places=2),
    st.floats(allow_nan=True, allow_infinity=True),
)
scraps = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    numbers.map(str),
    spaced,
    st.dates(),
    st.dates().map(str),
    st.sampled_from(["ACTIVE", "CANCELLED", "True", "false", "MWF", "1e2", "NaN", "0x1F", "\x00", "२"]),
)
meeting_parts = st.fixed_dictionaries(
    {},
    optional={
        "days": st.sampled_from(["MWF", "FWM", "mwf", "TR", "", None, "MM", "X"]),
        "start_time": st.sampled_from(["8:00", "08:00", "08:00:00", "", "25:00"]),
        "end_time": st.sampled_from(["9:15", "09:15", " 09:15 ", "", None]),
        "building": st.sampled_from(["RML", " RML ", ""]),
        "room": st.sampled_from(["101", " 101", ""]),
        "start_date": st.one_of(st.dates(), st.just("")),
        "end_date": st.one_of(st.dates().map(str), st.none()),
    },
)
assignment_parts = st.fixed_dictionaries(
    {"instructor": st.sampled_from(["ada", " ada", "bob", "cy", ""])},
    optional={
        "percent": st.sampled_from([None, "", 100, "100.00", 33.33, "33.33", "0", -1, 101, "x", "NaN"]),
        "is_primary": st.sampled_from([True, False, "True", "false", "", None, "maybe"]),
    },
)
RAW = {
    Kind.MEETINGS: st.one_of(scraps, st.lists(st.one_of(meeting_parts, scraps), max_size=3)),
    Kind.INSTRUCTORS: st.one_of(scraps, st.lists(st.one_of(assignment_parts, scraps), max_size=3)),
}


def canonical_or_none(field, raw):
    """The value, or None where it is refused; any other error is one of ours."""
    try:
        return canonical(field, raw)
    except InvalidValue:
        return None


@pytest.mark.parametrize("field", OF_KIND.values(), ids=list(OF_KIND))
@given(data=st.data())
def test_whatever_comes_is_made_canonical_once_or_refused(field, data):
    value = canonical_or_none(field, data.draw(RAW.get(field.kind, scraps)))
    if value is not None:
        assert canonical(field, value) == value
        assert is_storable(value) or isinstance(value, tuple)


@given(st.data())
def test_what_is_stored_comes_back_the_same_and_with_the_same_fingerprint(data):
    values = {
        field.name: canonical_or_none(field, data.draw(RAW.get(field.kind, scraps)))
        for field in OF_KIND.values()
    }
    values |= {name: () for name in STRUCTS if values[name] is None}
    stored = json.loads(json.dumps(encode(values)))
    assert stored == encode(values)
    again = decode(stored, structs=STRUCTS)
    assert again == values
    assert fingerprint(again) == fingerprint(values)


@given(st.lists(meeting_parts, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_meetings_and_their_repetition_are_no_content(parts, random):
    field = CATALOGUE["meetings"]
    value = canonical_or_none(field, parts)
    shuffled = random.sample(parts, len(parts)) + parts[:1]
    assert canonical_or_none(field, shuffled) == value


@given(st.data())
def test_fingerprints_are_equal_exactly_for_equal_content(data):
    field = data.draw(st.sampled_from(list(OF_KIND.values())))
    raws = RAW.get(field.kind, scraps)
    one, other = (canonical_or_none(field, data.draw(raws)) for _side in range(2))
    assert (fingerprint({"f": one}) == fingerprint({"f": other})) is (one == other)


SAME = [
    ("title", ["Ethics", " Ethics ", "Ethics\n"]),
    ("title", [None, "", "  "]),
    ("credits", [1, "1", "1.0", "1.00", " 1 ", 1.0, "1e0"]),
    ("credits", [0, "-0", "0.00"]),
    ("capacity", [30, "30", " 30 "]),
    ("meetings", [None, [], (), ""]),
    (
        "meetings",
        [
            [{"days": "FWM", "start_time": "8:00", "end_time": "8:55", "building": "RML", "room": "101"}],
            [
                {
                    "days": "mwf",
                    "start_time": "08:00:00",
                    "end_time": "08:55",
                    "building": " RML",
                    "room": "101",
                }
            ],
        ],
    ),
    (
        "instructors",
        [
            [{"instructor": "ada"}, {"instructor": "bob", "percent": 50}],
            [
                {"instructor": "bob", "percent": "50.00"},
                {"instructor": " ada", "percent": "", "is_primary": ""},
            ],
        ],
    ),
]


@pytest.mark.parametrize(("name", "raws"), SAME)
def test_one_content_has_one_form(name, raws):
    values = [canonical(CATALOGUE[name], raw) for raw in raws]
    assert all(value == values[0] for value in values)
    assert len({fingerprint({name: value}) for value in values}) == 1
