"""A plan's digest and its safeguards, whatever the plan."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from integration.merge.plan import PlanRow, digest
from integration.merge.safeguards import Tally, check

json_values = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["", "A", "é"]), st.just([]), st.just([1])
)
fields = st.dictionaries(
    st.sampled_from(["title", "room"]), st.dictionaries(st.sampled_from("ab"), json_values)
)
rows = st.builds(
    PlanRow,
    record_key=st.sampled_from(["1", "10", "101"]),
    label=st.sampled_from(["x", "y"]),
    merge_type=st.sampled_from(["sections", "relationships"]),
    side=st.sampled_from(["LOCAL", "SIS"]),
    action=st.sampled_from(["UPDATE", "DELETE"]),
    fields=fields,
)
plans = st.lists(rows, max_size=5, unique_by=lambda row: (row.record_key, row.merge_type, row.side))


def content(plan):
    """What a person approves, in a form of its own: everything but the labels, in no order."""
    return {(row.record_key, row.merge_type, row.side, row.action, repr(_sorted(row.fields))) for row in plan}


def _sorted(mapping):
    return sorted(
        (name, _sorted(value) if isinstance(value, dict) else value) for name, value in mapping.items()
    )


@given(plans, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(plan, random):
    assert digest(random.sample(plan, len(plan))) == digest(plan)


@given(plans, plans)
def test_two_plans_have_one_digest_exactly_if_they_do_the_same(one, other):
    assert (digest(one) == digest(other)) is (content(one) == content(other))


@given(plans, rows)
def test_a_row_more_is_another_plan(plan, row):
    assert digest([*plan, row]) != digest(plan)


tallies = st.builds(
    Tally,
    removals=st.integers(0, 60),
    updates=st.integers(0, 300),
    fields=st.dictionaries(st.sampled_from(["title", "room"]), st.integers(0, 300)).map(Counter),
)
days = st.fixed_dictionaries(
    {
        "local": tallies,
        "sis": tallies,
        "held_records": st.integers(0, 400),
        "read": st.integers(0, 400),
        "last_read": st.integers(0, 400),
        "rejected": st.integers(0, 30),
    }
)


def codes(day):
    """The safeguards a day trips, with the field where one is meant."""
    return {(trip.code, trip.message.split(" would")[0] * ("FIELD" in trip.code)) for trip in check(**day)}


@given(days)
def test_a_first_load_never_trips(day):
    assert check(**{**day, "held_records": 0}) == ()


@given(days, st.sampled_from(["local", "sis"]), st.integers(1, 50))
def test_more_of_anything_never_untrips(day, side, more):
    tally = day[side]
    worse = [
        day | {side: replace(tally, removals=tally.removals + more)},
        day | {side: replace(tally, updates=tally.updates + more)},
        day | {side: replace(tally, fields=tally.fields + Counter(room=more))},
        day | {"rejected": day["rejected"] + more},
        day | {"read": max(0, day["read"] - more)},
    ]
    for one in worse:
        assert codes(day) <= codes(one)


@given(days)
def test_the_sides_trip_by_themselves(day):
    """What is planned for one side is judged without a look at the other."""
    alone = [codes({**day, other: Tally()}) for other in ("local", "sis")]
    assert codes(day) == alone[0] | alone[1]
