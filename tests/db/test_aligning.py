"""Members of a crosslist made like their primary: all of them, or none."""

import dataclasses

import pytest

from scheduling.domain.errors import ConfirmationNeeded, FieldLocked, InvalidValue, StaleVersion
from scheduling.models import ChangeLog, Section
from scheduling.selectors import values_of_sections
from scheduling.services import sections
from scheduling.services.aligning import NotAligned, align_members
from scheduling.services.previewing import previewed
from tests.db.conftest import MWF

TR = {"days": "TR", "start_time": "14:00", "end_time": "15:20", "building": "HAL", "room": "102"}
BOTH = ("meetings", "instructors")


@pytest.fixture
def group(schedule):
    """A crosslist of biology (primary, MWF), chemistry (TR) and physics (never), and its members."""
    schedule.room()
    schedule.room("102")
    schedule.instructor()
    team = [{"instructor": "I1", "percent": 100, "is_primary": True}]
    members = [
        schedule.section(schedule.course("BIO"), meetings=[MWF], instructors=team),
        schedule.section(schedule.course("CHE"), meetings=[TR]),
        schedule.section(schedule.course("PHY")),
    ]
    return schedule.crosslist(*members, primary=members[0]), members


@pytest.fixture
def person(schedule):
    return dataclasses.replace(schedule.author(), source=ChangeLog.Source.FORM)


def held(pk, name="meetings"):
    return values_of_sections([pk])[pk].values[name]


def test_all_members_then_meet_like_the_primary(group, person):
    pk, (bio, che, phy) = group
    done = align_members(pk, ["meetings"], author=person)
    assert done.changed == {che: ("meetings",), phy: ("meetings",)}
    assert held(che) == held(phy) == held(bio)
    assert held(che, "instructors") == ()
    assert not any(done.findings.values())


def test_people_are_made_the_same_on_request(group, person):
    pk, (bio, che, phy) = group
    align_members(pk, BOTH, author=person)
    assert held(che, "instructors") == held(phy, "instructors") == held(bio, "instructors")


def test_who_is_like_the_primary_already_is_left_alone(group, person):
    pk, members = group
    align_members(pk, BOTH, author=person)
    assert align_members(pk, BOTH, author=person).changed == {}
    assert [Section.objects.get(pk=one).version for one in members] == [1, 2, 2]


def test_a_cancelled_member_is_left_alone(group, schedule, person):
    pk, (_bio, che, _phy) = group
    sections.cancel_section(che, author=schedule.author())
    before = held(che)
    assert che not in align_members(pk, BOTH, author=person).changed
    assert held(che) == before


def test_nothing_is_written_where_one_member_refuses(group, schedule):
    pk, (_bio, che, phy) = group
    user = schedule.user("SCHEDULER", departments=["BIO", "CHE"])
    with pytest.raises(NotAligned, match="PHY 101 03: ") as refused:
        align_members(pk, BOTH, author=schedule.author(user))
    assert set(refused.value.refusals) == {phy}
    assert isinstance(refused.value.refusals[phy], FieldLocked)
    assert len(held(che)) == 1
    assert held(che)[0].days == "TR"


def test_every_refusal_is_told(group, schedule):
    pk, (_bio, che, phy) = group
    with pytest.raises(NotAligned) as refused:
        align_members(pk, BOTH, author=schedule.author(schedule.user("SCHEDULER", departments=["BIO"])))
    assert set(refused.value.refusals) == {che, phy}


def test_a_person_is_asked_once_for_the_students_of_all(group, person):
    pk, (_bio, che, phy) = group
    Section.objects.filter(pk__in=[che, phy]).update(enrollment=11)
    with pytest.raises(ConfirmationNeeded, match=r"11 enrolled students.*11 enrolled students") as asked:
        align_members(pk, ["meetings"], author=person)
    assert asked.value.students == 22
    assert held(phy) == ()
    with pytest.raises(ConfirmationNeeded):
        align_members(pk, ["meetings"], author=dataclasses.replace(person, confirmed_students=21))
    align_members(pk, ["meetings"], author=dataclasses.replace(person, confirmed_students=22))
    assert len(held(phy)) == 1


def test_a_member_saved_meanwhile_stops_it(group, schedule, person):
    pk, members = group
    seen = dict.fromkeys(members, 1)
    sections.update_section(members[2], {"title": "New"}, author=schedule.author())
    with pytest.raises(StaleVersion, match="PHY 101 03 was changed meanwhile"):
        align_members(pk, BOTH, author=person, versions=seen)
    with pytest.raises(StaleVersion):
        align_members(pk, BOTH, author=person, versions={members[0]: 1, members[1]: 1})
    assert align_members(pk, BOTH, author=person, versions=seen | {members[2]: 2}).changed


def test_a_preview_leaves_nothing_behind(group, person):
    pk, (_bio, che, _phy) = group
    logged = ChangeLog.objects.count()
    assert previewed(lambda: align_members(pk, BOTH, author=person)).changed
    assert ChangeLog.objects.count() == logged
    assert held(che)[0].days == "TR"


def test_without_a_live_primary_there_is_nothing_to_be_like(group, schedule, person):
    pk, (bio, che, phy) = group
    linked = schedule.crosslist(bio, che, primary=bio, kind="LINKED")
    nobody = schedule.crosslist(*(schedule.section() for _ in range(2)))
    for one in (linked, nobody, 404):
        with pytest.raises(InvalidValue, match="no crosslist with a primary"):
            align_members(one, BOTH, author=person)
    sections.cancel_section(bio, author=schedule.author())
    with pytest.raises(InvalidValue, match="BIO 101 01 is cancelled"):
        align_members(pk, BOTH, author=person)
    assert held(phy) == ()
