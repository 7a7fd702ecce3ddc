"""What is written to make a section's events and assignments those that are wanted."""

from hypothesis import given
from hypothesis import strategies as st

from integration.sis.ethos.differences import Held, meeting_changes, team_steps
from scheduling.domain.values import Assignment
from tests.strategies import MEETING_ITEMS

EVENTS = st.lists(st.sampled_from(MEETING_ITEMS), max_size=5)
PEOPLE = st.lists(
    st.builds(Assignment, instructor=st.sampled_from("abcd"), percent=st.sampled_from([50, 100])),
    max_size=4,
    unique_by=lambda one: one.instructor,
)


@given(there=EVENTS, wanted=st.sets(st.sampled_from(MEETING_ITEMS)))
def test_events_become_those_wanted_with_as_few_writes_as_can_be(there, wanted):
    events = {f"e{number}": one for number, one in enumerate(there)}
    plan = meeting_changes(list(events.items()), wanted)
    writes = len(plan.changed) + len(plan.new) + len(plan.gone)
    fewest = max(sum(one not in wanted for one in there), len(wanted - set(there)))
    assert writes == fewest
    after = {**events, **dict(plan.changed)}
    after = [one for guid, one in after.items() if guid not in plan.gone] + list(plan.new)
    assert set(after) == wanted
    assert not set(plan.gone) & {guid for guid, _one in plan.changed}


def with_primary(team, position):
    return [
        Assignment(instructor=one.instructor, percent=one.percent, is_primary=index == position)
        for index, one in enumerate(team)
    ]


@given(before=PEOPLE, after=PEOPLE, first=st.integers(-1, 3), second=st.integers(-1, 3))
def test_a_team_changes_without_two_primaries_and_without_a_primary_going_before_others(
    before, after, first, second
):
    held = {
        f"g{number}": Held(guid=f"g{number}", assignment=one)
        for number, one in enumerate(with_primary(before, first))
    }
    wanted = with_primary(after, second)
    now = {guid: one.assignment for guid, one in held.items()}
    for number, step in enumerate(team_steps(list(held.values()), wanted)):
        if step.wanted is None:
            gone = now.pop(step.guid)
            assert not (gone.is_primary and now)
        else:
            key = step.guid or f"new{number}"
            assert now.get(key) != step.wanted, "a write that changes nothing"
            now[key] = step.wanted
        assert sum(one.is_primary for one in now.values()) <= 1
    assert sorted(now.values()) == sorted(wanted)


def test_second_rows_of_a_person_go_when_the_team_is_written():
    rows = [
        Held(guid="one", assignment=Assignment(instructor="a", percent=60)),
        Held(guid="two", assignment=Assignment(instructor="a", percent=40)),
    ]
    steps = team_steps(rows, [Assignment(instructor="a")])
    assert [(step.guid, step.wanted and step.wanted.percent) for step in steps] == [
        ("one", 100),
        ("two", None),
    ]
