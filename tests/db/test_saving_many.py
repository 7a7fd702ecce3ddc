"""Many sections saved at once: what becomes of them is what one save after the other would have made."""

import dataclasses

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.models import Link, OutboundChange
from scheduling.domain.errors import DomainError
from scheduling.models import ChangeLog, RelationshipMember, Section
from scheduling.selectors import values_of_sections
from scheduling.services.saving import Saved, Wish, save_sections
from scheduling.services.sections import create_section, update_section

TIMES = {"days": "MWF", "start_time": "09:00", "end_time": "09:50"}
LATER = {"days": "MWF", "start_time": "09:30", "end_time": "10:20"}
PLACES = [{}, {"building": "HAL", "room": "101"}, {"building": "HAL", "room": "102"}, {"building": "NO"}]
MEETINGS = st.lists(
    st.builds(
        lambda when, where: {**when, **where}, st.sampled_from([TIMES, LATER]), st.sampled_from(PLACES)
    ),
    max_size=2,
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "meetings": MEETINGS,
        "instructors": st.sampled_from(
            [[], [{"instructor": "I1"}], [{"instructor": "I2"}], [{"instructor": "X"}]]
        ),
        "section_number": st.sampled_from(["01", "02", "03", ""]),
        "status": st.sampled_from(["ACTIVE", "CANCELLED"]),
        "course": st.sampled_from(["BIO-101", "CHE-101"]),
        "capacity": st.sampled_from(["5", "50", "many"]),
        "campus": st.just("NOWHERE"),
    },
)
WISHES = st.lists(
    st.tuples(st.sampled_from(["0", "1", "2", "3", "4", "new"]), CHANGES), max_size=7, unique_by=str
)


@pytest.fixture
def college(schedule):
    """Five sections of two courses; the last two are a crosslist; three meet in HAL 101 and 102."""
    for number in ("101", "102"):
        schedule.room(number)
    for who in ("I1", "I2"):
        schedule.instructor(who)
    made = []
    for course in (schedule.course("BIO"), schedule.course("CHE")):
        made += [schedule.section(course, section_number=f"0{number}") for number in (1, 2)]
    made.append(schedule.section(section_number="03", meetings=[{**TIMES, **PLACES[1]}]))
    schedule.crosslist(*made[3:])
    return schedule, made


def state():
    """All that a save writes, but for the ids of new rows."""
    ids = list(Section.objects.order_by("pk").values_list("pk", flat=True))
    values = values_of_sections(ids)
    audit = ChangeLog.objects.order_by("id").values_list("action", "field", "before", "after", "version")
    waiting = OutboundChange.objects.order_by("pk").values_list("state", "wanted_version", "link__label")
    rows = list(Section.objects.order_by("pk").values_list("version", "reserved_number"))
    return [values[pk].values for pk in ids], rows, list(audit), list(waiting), Link.objects.count()


def told(outcome):
    if isinstance(outcome, DomainError):
        return type(outcome).__name__, outcome.message, outcome.field
    return outcome.version, outcome.changed, outcome.findings


def in_turn(wishes, author):
    for one in wishes:
        try:
            if one.section_id is None:
                yield create_section(one.term.pk, one.changes, author=author)
            else:
                yield update_section(one.section_id, one.changes, author=author, version=one.version)
        except DomainError as refusal:
            yield refusal


@settings(max_examples=25, suppress_health_check=[*HealthCheck], deadline=None)
@given(asked=WISHES)
def test_all_at_once_is_as_one_after_the_other(college, asked):
    schedule, made = college
    author, seen, wishes = schedule.author(), set(), []
    for who, changes in asked:
        if who == "new":
            new = {"course": "BIO-101", "section_number": "02"} | changes
            wishes.append(Wish(changes=new, term=schedule.term))
        elif who not in seen:
            seen.add(who)
            wishes.append(Wish(section_id=made[int(who)], changes=changes, version=1))
    outcomes = []
    for way in (lambda: list(in_turn(wishes, author)), lambda: save_sections(wishes, author=author)):
        with transaction.atomic():
            outcomes.append(([told(one) for one in way()], state()))
            transaction.set_rollback(True)
    assert outcomes[0][0] == outcomes[1][0]
    assert outcomes[0][1][:2] == outcomes[1][1][:2]
    assert sorted(map(str, outcomes[0][1][2])) == sorted(map(str, outcomes[1][1][2]))
    assert outcomes[0][1][3:] == outcomes[1][1][3:]


def test_each_sees_those_that_were_saved_before_it(college):
    schedule, (a, b, c, *_pair, e) = college
    room = {**TIMES, **PLACES[1]}
    wanted = {e: [{**TIMES, **PLACES[2]}], a: [room], b: [room], c: [{**room, "days": "TR"}]}
    wishes = [Wish(section_id=pk, changes={"meetings": meetings}) for pk, meetings in wanted.items()]
    moved, first, second, other_days = save_sections(wishes, author=schedule.author())
    assert all(isinstance(one, Saved) for one in (moved, first, other_days))
    assert str(second) == "HAL 101 is taken MWF 9:00–9:50 am by BIO 101 01; choose another room or time."


def test_members_of_a_crosslist_move_together(college):
    schedule, _made = college
    meetings = [{**LATER, **PLACES[2]}]
    pair = RelationshipMember.objects.values_list("section_id", flat=True)
    wishes = [Wish(section_id=pk, changes={"meetings": meetings}) for pk in pair]
    first, second = save_sections(wishes, author=schedule.author())
    assert [one.code for one in first.findings] == ["CROSSLIST_DISAGREES"]
    assert second.findings == ()


def test_a_section_more_costs_one_query_more(schedule):
    schedule.room("101")
    schedule.instructor("I1")
    schedule.course()
    made = [schedule.section() for _number in range(9)]
    author = schedule.author()

    def queries(pks):
        wishes = [
            Wish(
                section_id=pk,
                changes={
                    "meetings": [
                        {
                            **PLACES[1],
                            "days": "M",
                            "start_time": f"{8 + made.index(pk)}:00",
                            "end_time": f"{8 + made.index(pk)}:50",
                        }
                    ],
                    "instructors": [{"instructor": "I1"}],
                },
                version=1,
            )
            for pk in pks
        ]
        with CaptureQueriesContext(connection) as captured:
            assert all(isinstance(one, Saved) for one in save_sections(wishes, author=author))
        return len(captured)

    assert queries(made[2:]) == queries(made[:2]) + 5


def test_nobody_saves_unsigned(college):
    schedule, made = college
    unsigned = dataclasses.replace(schedule.author(), user=None)
    with pytest.raises(DomainError, match="sign in first"):
        save_sections([Wish(section_id=made[0], changes={"title": "x"})], author=unsigned)
