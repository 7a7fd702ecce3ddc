"""Records whose keys move are written so that whoever frees a key goes first."""

from integration.merge.order import Move, order_moves


def moves(*triples):
    return [Move(record=r, leaves=(leaves,), takes=(takes,)) for r, leaves, takes in triples]


def test_whoever_frees_a_key_goes_before_whoever_takes_it():
    assert order_moves(moves(("a", "1", "2"), ("b", "2", "3"), ("c", "3", "4"))).sequence == ("c", "b", "a")


def test_two_that_swap_are_a_cycle_whose_first_is_written_last():
    order = order_moves(moves(("a", "1", "2"), ("b", "2", "1")))
    assert (order.sequence, order.cycles) == (("b", "a"), (("a", "b"),))


def test_a_chain_that_leads_into_a_cycle_waits_for_it():
    order = order_moves(moves(("t", "9", "1"), ("a", "1", "2"), ("b", "2", "1")))
    assert (order.sequence, order.cycles) == (("b", "a", "t"), (("a", "b"),))


def test_a_record_that_keeps_its_key_is_no_cycle():
    order = order_moves(moves(("a", "1", "1"), ("b", "2", "1")))
    assert (order.sequence, order.cycles) == (("a", "b"), ())


def test_a_chain_of_thousands_is_no_trouble():
    chain = [(str(n), str(n), str(n + 1)) for n in range(20_000)]
    assert order_moves(moves(*chain)).sequence[0] == "19999"
