"""Which crosslist groups of the SIS must wait because a section is in one at most."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.crosslists import Claim, contested


def claim(key, after, before=(), record_id=None):
    return Claim(key=key, record_id=record_id, before=frozenset(before), after=frozenset(after))


@pytest.mark.parametrize(
    ("claims", "holders", "expected"),
    [
        ([claim("new", {1, 2})], {}, {}),
        ([claim("new", {1, 2})], {1: 10}, {"new": {1}}),
        ([claim("new", {1, 2}), claim("late", {2, 3})], {}, {"late": {2}}),
        ([claim("old", {1}, {1, 2}, 10), claim("new", {2, 3})], {1: 10, 2: 10}, {}),
        ([claim("a", {1, 4}, {1, 2}, 10), claim("b", {3, 2}, {3, 4}, 11)], {1: 10, 2: 10, 3: 11, 4: 11}, {}),
        (
            [claim("a", {1, 5}, {1, 2}, 10), claim("new", {2, 3})],
            {1: 10, 2: 10, 5: 12},
            {"a": {5}, "new": {2}},
        ),
    ],
    ids=["free", "held by another", "claimed twice", "left for a new one", "a swap", "kept after all"],
)
def test_a_group_waits_while_another_keeps_its_section(claims, holders, expected):
    assert contested(claims, holders) == expected


groups = st.dictionaries(st.integers(1, 4), st.sets(st.integers(1, 6), max_size=3), max_size=4)


@given(now=groups, then=groups, new=st.lists(st.sets(st.integers(1, 6), min_size=1, max_size=3), max_size=3))
def test_what_may_be_written_never_has_a_section_twice(now, then, new):
    holders = {section: group for group, sections in now.items() for section in sections}
    before = {group: {s for s, holder in holders.items() if holder == group} for group in now}
    claims = [claim(f"u{group}", then[group], before[group], group) for group in then if group in now]
    claims += [claim(f"n{number}", sections) for number, sections in enumerate(new)]

    refused = contested(claims, holders)

    final = {f"u{group}": sections for group, sections in before.items()}
    final |= {one.key: one.after for one in claims if one.key not in refused}
    final = {key: sections for key, sections in final.items() if not (key in refused and key[0] == "n")}
    everywhere = [section for sections in final.values() for section in sections]
    assert len(everywhere) == len(set(everywhere))
    assert all(refused.values())
