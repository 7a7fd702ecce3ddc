"""Ordering records whose keys move, against a plain simulation of who holds which key."""

from hypothesis import given
from hypothesis import strategies as st

from integration.merge.order import Move, order_moves

MOST = 7


@st.composite
def moving_records(draw):
    """Up to seven records; each leaves a key of its own and takes one that nobody else takes."""
    number = draw(st.integers(0, MOST))
    takes = draw(st.permutations(range(number + 3)))[:number]
    moves = [Move(record=f"r{n}", leaves=(str(n),), takes=(str(key),)) for n, key in enumerate(takes)]
    return draw(st.permutations(moves))


def cycles_by_walking(moves):
    """The sets of records that come back to themselves by following who holds the key they take."""
    follows = {
        one.record: next((other.record for other in moves if other.leaves == one.takes), None)
        for one in moves
        if one.leaves != one.takes
    }
    found = set()
    for start in follows:
        walked, current = [], start
        while current is not None and current not in walked:
            walked.append(current)
            current = follows.get(current)
        if current == start:
            found.add(frozenset(walked))
    return found


@given(moving_records())
def test_every_record_is_placed_once(moves):
    assert sorted(order_moves(moves).sequence) == sorted(move.record for move in moves)


@given(moving_records())
def test_cycles_are_found_exactly(moves):
    found = order_moves(moves).cycles
    assert {frozenset(cycle) for cycle in found} == cycles_by_walking(moves)
    assert sum(map(len, found)) == len({record for cycle in found for record in cycle})


@given(moving_records())
def test_written_in_this_order_no_key_is_ever_taken_while_another_holds_it(moves):
    """The first of each cycle goes a detour before; the rest find their key free."""
    order, by_record = order_moves(moves), {move.record: move for move in moves}
    holders = {move.leaves: move.record for move in moves}
    for cycle in order.cycles:
        del holders[by_record[cycle[0]].leaves]
    for record in order.sequence:
        move = by_record[record]
        if holders.get(move.leaves) == record:
            del holders[move.leaves]
        assert move.takes not in holders
        holders[move.takes] = record
