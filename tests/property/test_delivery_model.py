"""The delivery protocol holds under any schedule of faults, and not without any one of its guards."""

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.property.delivery_guards import NAMES, SEATS, TEAM, Evidence, Guard, Violation
from tests.property.delivery_invariants import check_all
from tests.property.delivery_model import World
from tests.property.delivery_sis import Fate, SisKind

CAREFUL = SisKind()
FORGETFUL = SisKind(refuses_second_create=False)
TOKENLESS = SisKind(has_token=False)
LATER = SisKind(refuses_second_create=False, has_token=False, applies_later=True)
KINDS = {"careful": CAREFUL, "forgetful": FORGETFUL, "tokenless": TOKENLESS, "later": LATER}
DELIVER, TICK, NIGHT = ("deliver",), ("tick",), ("night",)
FATES = (Fate.ARRIVES, Fate.ARRIVES, Fate.LOST, Fate.ANSWER_LOST, Fate.LATE)


@st.composite
def schedules(draw):
    """Steps of a world, all about one field so that the sides meet often; mostly with the record on both."""
    name = draw(st.sampled_from(NAMES))
    edits = [("edit_here", name), ("edit_there", name)]
    acts = [*edits, *edits, ("remove_here",), ("remove_there",)]
    meddling = st.builds(
        lambda moment, act: (moment, *act),
        st.sampled_from(["before write", "before finish"]),
        st.sampled_from(acts),
    )
    deliver = st.tuples(st.just("deliver"), st.sampled_from(FATES), st.none() | meddling)
    look = st.tuples(st.just("look"), st.sampled_from(Evidence))
    other = st.sampled_from([*acts, *edits, NIGHT, NIGHT, TICK, TICK])
    start = draw(st.sampled_from([[DELIVER], [DELIVER], []]))
    return start + draw(st.lists(st.one_of(deliver, deliver, look, other, other), min_size=2, max_size=12))


def run(schedule, kind, *, without=None):
    world = World(kind=kind, without=without)
    for step, *given_to_it in schedule:
        getattr(world, step)(*given_to_it)
    world.heal()
    check_all(world)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(schedule=schedules())
@settings(max_examples=2 * settings.default.max_examples)
def test_every_schedule_of_edits_and_faults_heals_with_nothing_lost_doubled_or_invented(kind, schedule):
    run(schedule, kind)


EDIT_HERE, EDIT_THERE = ("edit_here", SEATS), ("edit_there", SEATS)
LOST, ANSWER_LOST, LATE = (("deliver", fate) for fate in (Fate.LOST, Fate.ANSWER_LOST, Fate.LATE))
PROVEN, UNPROVEN, CUT_SHORT = (("look", evidence) for evidence in Evidence)

MUTANTS = {
    Guard.LOOK_UP: (FORGETFUL, "created twice", [ANSWER_LOST, TICK, TICK, TICK, TICK]),
    Guard.WAIT_OUT: (FORGETFUL, "created twice", [LATE, DELIVER]),
    Guard.SAME_CREATE: (CAREFUL, "lost update", [LATE, EDIT_HERE, LOST, TICK, TICK, TICK]),
    Guard.WRITE_AHEAD: (CAREFUL, "false conflict", [DELIVER, EDIT_HERE, ANSWER_LOST, EDIT_HERE]),
    Guard.KEEP_UNSEEN: (TOKENLESS, "lost update", [DELIVER, EDIT_HERE, LATE, EDIT_HERE, DELIVER]),
    Guard.TELL_APART: (TOKENLESS, "lost update", [DELIVER, EDIT_HERE, LATE, DELIVER, EDIT_HERE, DELIVER]),
    Guard.LOG_FIRST: (CAREFUL, "lost update", [DELIVER, EDIT_HERE, EDIT_THERE, ANSWER_LOST]),
    Guard.AWAIT: (
        LATER,
        "sent twice",
        [DELIVER, TICK, TICK, TICK, PROVEN, NIGHT, EDIT_HERE, DELIVER, DELIVER],
    ),
    Guard.TOKEN: (
        TOKENLESS,
        "lost update",
        [DELIVER, EDIT_HERE, ("deliver", Fate.ARRIVES, ("before write", *EDIT_THERE))],
    ),
    Guard.COMPARE_AND_SET: (
        CAREFUL,
        "lost update",
        [DELIVER, EDIT_THERE, ("deliver", Fate.ARRIVES, ("before write", *EDIT_HERE))],
    ),
    Guard.PULL_FIRST: (
        CAREFUL,
        "lost update",
        [DELIVER, ("edit_here", TEAM), ("edit_there", TEAM), ANSWER_LOST],
    ),
    Guard.WATERMARK: (CAREFUL, "false conflict", [DELIVER, EDIT_HERE, PROVEN, DELIVER, EDIT_HERE, NIGHT]),
    Guard.TOUCH: (CAREFUL, "removed here", [PROVEN, ANSWER_LOST, DELIVER, NIGHT]),
    Guard.ONLY_COMPLETE: (CAREFUL, "removed here", [DELIVER, UNPROVEN, NIGHT, CUT_SHORT, NIGHT]),
    Guard.SECOND_SIGHTING: (CAREFUL, "removed here", [DELIVER, UNPROVEN, NIGHT]),
    Guard.UNTOUCHED_ABSENCE: (CAREFUL, "removed here", [PROVEN, DELIVER, NIGHT]),
    Guard.KEEP_OUR_EDITS: (CAREFUL, "lost update", [DELIVER, EDIT_HERE, ("remove_there",)]),
    Guard.KEEP_THEIR_EDITS: (CAREFUL, "lost update", [DELIVER, EDIT_THERE, ("remove_here",)]),
    Guard.OLD_EVIDENCE: (CAREFUL, "brought back", [DELIVER, PROVEN, ("remove_here",), DELIVER, NIGHT]),
}
"""Guard -> the SIS that needs it, what goes wrong without it, and the shortest schedule in which it does."""


def test_every_guard_has_its_counter_example():
    assert MUTANTS.keys() == set(Guard)


@pytest.mark.parametrize("guard", Guard, ids=[guard.name for guard in Guard])
def test_a_schedule_that_the_protocol_survives_breaks_it_without_the_guard(guard):
    kind, what, schedule = MUTANTS[guard]
    run(schedule, kind)
    with pytest.raises(Violation, match=what):
        run(schedule, kind, without=guard)


@pytest.mark.parametrize(
    ("kind", "schedule"),
    [
        (CAREFUL, [DELIVER, EDIT_HERE, PROVEN, ANSWER_LOST, DELIVER, NIGHT, EDIT_HERE]),
        (TOKENLESS, [DELIVER, EDIT_HERE, LATE, EDIT_HERE, ANSWER_LOST, DELIVER]),
        (TOKENLESS, [DELIVER, EDIT_HERE, ANSWER_LOST, EDIT_HERE, DELIVER, EDIT_THERE]),
        (CAREFUL, [DELIVER, EDIT_HERE, ANSWER_LOST, ("remove_here",)]),
        (
            CAREFUL,
            [DELIVER, EDIT_HERE, ("deliver", Fate.ARRIVES, ("before finish", "remove_here"))],
        ),
        (CAREFUL, [LATE, ("remove_here",), DELIVER]),
        (LATER, [DELIVER, TICK, TICK, TICK, TICK, UNPROVEN, NIGHT]),
    ],
    ids=[
        "an older snapshot after a landing was noticed",
        "a late request after a later one that was seen",
        "a value that landed and was replaced is forgotten",
        "our own edit that landed does not hold our removal",
        "removed here while the SIS is being written",
        "removed here while its create is on the way",
        "a snapshot that misses it is no leave to create it again",
    ],
)
def test_a_schedule_that_once_went_wrong(kind, schedule):
    run(schedule, kind)


@pytest.mark.long
@pytest.mark.parametrize("guard", Guard, ids=[guard.name for guard in Guard])
def test_the_search_alone_finds_what_is_wrong_without_the_guard(guard):
    kind, _what, _schedule = MUTANTS[guard]

    @given(schedules())
    @settings(max_examples=30_000, phases=[Phase.generate])
    def search(schedule):
        run(schedule, kind, without=guard)

    with pytest.raises(Violation):
        search()
