"""The window: somebody changes in the SIS what Tandem writes, after Tandem has read it and before it writes.

Ethos has no concurrency token, so the edit is written over; the change feed brings it back.
"""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from integration.feed import follow
from integration.models import AwaitedEcho, Conflict, Link, OutboundChange, PlanRow
from integration.real_time import deliver_due
from integration.resolving import Choice
from integration.sweep import sweep
from scheduling.models import Relationship, Section
from scheduling.services import relationships
from tests.campus import TERM

PROFILES = ["colleague", pytest.param("banner", marks=pytest.mark.long)]
pytestmark = pytest.mark.parametrize("profile", PROFILES, indirect=True)


@pytest.fixture
def fed(college):
    """The college, its feed followed to the end."""
    follow(college.adapter)
    return college


def here(sis_id):
    return Section.objects.get(term=TERM, crn=sis_id)


def open_conflicts():
    return Conflict.objects.filter(status=Conflict.Status.OPEN)


def write_over(college, *, title="Theirs"):
    """Our title goes to the SIS over one that somebody gives it within the window."""
    college.edit("S1", title="Ours")
    with college.at_the_write(lambda: college.edit_in_sis("S1", title=title)):
        deliver_due(college.adapter)
    assert college.row("S1")["title"] == "Ours"


def follow_and_deliver(college):
    followed = follow(college.adapter)
    deliver_due(college.adapter)
    return followed


def assert_at_rest(college, **values):
    """Both sides hold the values, nothing is open or awaited, and another merge has nothing to do."""
    follow_and_deliver(college)
    for name, value in values.items():
        assert (str(getattr(here("S1"), name)), college.row("S1")[name]) == (value, value)
    assert not open_conflicts()
    assert not AwaitedEcho.objects.exists()
    assert not Link.objects.exclude(covered={}).exists()
    assert not OutboundChange.objects.exclude(state="DONE").exists()
    written = len(college.sis.journal)
    for run in college.run("all", "--send-updates").runs:
        assert run["counts"]["unchanged"] == run["counts"]["read"]
    assert len(college.sis.journal) == written


def assert_held(ours="Ours", theirs="Theirs"):
    conflict = open_conflicts().get()
    assert (conflict.kind, conflict.field) == ("COVERED", "title")
    assert (conflict.base, conflict.ours, conflict.theirs) == ("Title of S1", ours, theirs)
    return conflict


def test_an_edit_in_the_window_becomes_a_conflict_that_stays_open(fed):
    write_over(fed)
    assert not open_conflicts()
    followed = follow_and_deliver(fed)
    assert (followed.covered, followed.due, followed.echoes) == (1, 1, 0)
    assert_held()
    assert not OutboundChange.objects.exclude(state="DONE").exists()
    for words in (("sections",), ("all", "--send-updates")):
        fed.run(*words)
        assert_held()
    assert fed.row("S1")["title"] == "Ours"


@pytest.mark.parametrize(("choice", "title"), [(Choice.THEIRS, "Theirs"), (Choice.OURS, "Ours")])
def test_what_a_person_chooses_stands_on_both_sides(fed, choice, title):
    write_over(fed)
    follow_and_deliver(fed)
    fed.resolve(open_conflicts().get(), choice)
    deliver_due(fed.adapter)
    assert_at_rest(fed, title=title)


def test_what_is_edited_here_meanwhile_is_held_and_can_be_chosen(fed):
    write_over(fed)
    follow_and_deliver(fed)
    fed.edit("S1", title="Newer")
    deliver_due(fed.adapter)
    assert fed.row("S1")["title"] == "Ours"
    conflict = assert_held(ours="Newer")
    fed.resolve(conflict, Choice.OURS)
    deliver_due(fed.adapter)
    assert_at_rest(fed, title="Newer")


def test_an_edit_here_to_the_very_value_settles_it(fed):
    write_over(fed)
    follow_and_deliver(fed)
    fed.edit("S1", title="Theirs")
    deliver_due(fed.adapter)
    assert_at_rest(fed, title="Theirs")


def test_a_later_edit_in_the_sis_settles_it(fed):
    write_over(fed)
    follow_and_deliver(fed)
    fed.edit_in_sis("S1", title="Later")
    follow_and_deliver(fed)
    assert Conflict.objects.get().status == "GONE"
    assert_at_rest(fed, title="Later")


@pytest.mark.parametrize("source", ["PREFER_SIS", "PREFER_TANDEM", "ALWAYS_TANDEM"])
def test_the_source_of_truth_decides_where_it_says_so(fed, source):
    fed.settings(sections={"sources": {"title": source}})
    write_over(fed)
    followed = follow_and_deliver(fed)
    assert followed.covered == 1
    row = PlanRow.objects.filter(fields__title__theirs="Theirs").get()
    sides = [row.fields["title"][side] for side in ("base", "ours", "theirs", "rule")]
    assert sides == ["Title of S1", "Ours", "Theirs", source]
    assert_at_rest(fed, title="Theirs" if source == "PREFER_SIS" else "Ours")
    assert not Conflict.objects.exists()


def test_the_night_decides_where_real_time_is_off(fed):
    fed.enable(real_time=False)
    fed.edit("S1", title="Ours")
    with fed.at_the_write(lambda: fed.edit_in_sis("S1", title="Theirs")):
        sweep(fed.adapter)
    followed = follow_and_deliver(fed)
    assert (followed.covered, followed.due, open_conflicts().count()) == (1, 0, 0)
    fed.run("sections")
    assert_held()
    assert follow(fed.adapter).records == 0


@pytest.mark.parametrize("when", ["before it is read", "after it is written", "and back"])
def test_an_edit_outside_the_window_is_no_conflict_of_it(fed, when):
    fed.edit("S1", title="Ours")
    if when == "before it is read":
        fed.edit_in_sis("S1", title="Between")
        fed.edit_in_sis("S1", title="Title of S1")
        deliver_due(fed.adapter)
    elif when == "and back":
        deeds = [{"title": "Between"}, {"title": "Title of S1"}]
        with fed.at_the_write(lambda: [fed.edit_in_sis("S1", **one) for one in deeds]):
            deliver_due(fed.adapter)
    else:
        with fed.at_the_write(lambda: fed.edit_in_sis("S1", title="Between"), after=True):
            deliver_due(fed.adapter)
    followed = follow_and_deliver(fed)
    assert followed.covered == 0
    assert not Conflict.objects.filter(kind="COVERED").exists()
    if when != "after it is written":
        assert_at_rest(fed, title="Ours")


def test_another_field_in_the_window_is_no_conflict(fed):
    fed.edit("S1", title="Ours")
    with fed.at_the_write(lambda: fed.edit_in_sis("S1", capacity="61")):
        deliver_due(fed.adapter)
    assert follow_and_deliver(fed).covered == 0
    assert_at_rest(fed, title="Ours", capacity="61")


def test_the_echo_may_come_with_a_later_look(fed, monkeypatch):
    write_over(fed)
    # One message a look: with the real limits edit and echo are only parted by 10,000 messages between them.
    monkeypatch.setattr("integration.sis.ethos.feed.LIMIT", 1)
    monkeypatch.setattr("integration.feed.BATCHES", 1)
    assert follow(fed.adapter).covered == 0
    assert AwaitedEcho.objects.get().seen == {"": "Theirs"}
    assert follow(fed.adapter).covered == 1
    deliver_due(fed.adapter)
    assert_held()


@contextmanager
def once_read(college, deed):
    """Somebody does `deed` after our next reading before a write."""
    read, deeds = college.adapter.read, [deed]

    def read_and_go_on(*given, **named):
        shown = read(*given, **named)
        if deeds:
            deeds.pop()()
        return shown

    college.adapter.read = read_and_go_on
    try:
        yield
    finally:
        del college.adapter.read
    assert not deeds, "nothing was read"


def edit_group_in_sis(college, **changes):
    sis = college.sis
    with sis.lock:
        entry = sis.books.get("section-crosslists", "X1")
        changed = replace(entry, row={**entry.row, **changes}, modified=sis.stamp())
        sis.books.put("section-crosslists", "X1", changed)
        sis.settle()


def test_a_look_between_our_reading_and_our_writing_loses_nothing(fed):
    """The message is worked before there is an echo that waits for it: the delivery has it told again."""
    fed.settings(relationships={"sources": {"capacity": "ASK"}})
    group = Relationship.objects.get(term=TERM)
    relationships.update_relationship(group.pk, author=fed.author(), capacity=55)
    looks = []

    def edit_and_look():
        edit_group_in_sis(fed, capacity="44")
        looks.append(follow(fed.adapter))

    with once_read(fed, edit_and_look):
        deliver_due(fed.adapter)
    assert (looks[0].records, looks[0].covered) == (1, 0)
    assert follow_and_deliver(fed).covered == 1
    conflict = open_conflicts().get()
    sides = (conflict.kind, conflict.base, conflict.ours, conflict.theirs)
    assert sides == ("COVERED", 60, 55, 44)
    fed.resolve(conflict, Choice.THEIRS)
    deliver_due(fed.adapter)
    assert_at_rest(fed)
    (row,) = fed.sis.export()["relationships"]
    assert (Relationship.objects.get(term=TERM).capacity, row["capacity"]) == (44, "44")


@pytest.mark.parametrize(
    ("sis_id", "ours", "theirs"),
    [
        ("S1", {"capacity": 31}, {"capacity": "32"}),
        ("S5", {"instructors": []}, {"instructors": [{"instructor_id": "I1", "percent": "80"}]}),
        ("S5", {"meetings": []}, {"meetings": [{"days": "F", "start_time": "08:00", "end_time": "09:00"}]}),
    ],
)
def test_an_edit_that_the_writer_still_sees_is_not_written_over(fed, sis_id, ours, theirs):
    (name,) = ours
    fed.settings(sections={"sources": {name: "ASK"}})
    fed.edit(sis_id, **ours)
    with once_read(fed, lambda: fed.edit_in_sis(sis_id, **theirs)):
        deliver_due(fed.adapter)
    assert fed.written() == []
    conflict = open_conflicts().get()
    assert (conflict.kind, conflict.field) == ("FIELD", name)
    assert follow_and_deliver(fed).covered == 0


def test_what_is_written_twice_before_a_look_is_found_all_the_same(fed):
    write_over(fed)
    fed.edit("S1", title="Newer")
    deliver_due(fed.adapter)
    assert fed.row("S1")["title"] == "Newer"
    assert follow_and_deliver(fed).covered == 1
    assert_held(ours="Newer")


def test_a_lost_answer_hides_nothing(fed):
    fed.sis.faults.add([{"when": {"method": "PUT", "resource": "sections"}, "then": "timeout_after_effect"}])
    fed.edit("S1", title="Ours")
    with fed.at_the_write(lambda: fed.edit_in_sis("S1", title="Theirs")):
        deliver_due(fed.adapter)
    assert follow_and_deliver(fed).covered == 1
    assert_held()


def test_a_write_that_the_sis_refuses_awaits_no_echo(fed):
    fed.sis.faults.add([{"when": {"method": "PUT", "resource": "sections"}, "then": "refuse"}])
    fed.edit("S1", title="Ours")
    with fed.at_the_write(lambda: fed.edit_in_sis("S1", title="Theirs")):
        deliver_due(fed.adapter)
    assert not AwaitedEcho.objects.exists()


# ---- lists whose items are told one by one


def the_meeting(college, **changes):
    (meeting,) = college.rows_of("S5", "meetings")
    return {**meeting, **changes}


def ours(college, **changes):
    names = ("days", "start_time", "end_time", "building", "room", "start_date", "end_date")
    return {name: value for name, value in the_meeting(college, **changes).items() if name in names}


def place(sis_id="S5"):
    meeting = here(sis_id).meetings.get()
    return meeting.days, meeting.room.number


def test_a_meeting_that_both_sides_move_becomes_a_conflict(fed):
    fed.settings(sections={"sources": {"meetings": "ASK"}})
    fed.edit("S5", meetings=[ours(fed, room="101")])
    edited = the_meeting(fed, room="102")
    with fed.at_the_write(lambda: fed.edit_in_sis("S5", meetings=[edited]), resource="instructional-events"):
        deliver_due(fed.adapter)
    assert fed.rows_of("S5", "meetings")[0]["room"] == "101"
    assert follow_and_deliver(fed).covered == 1
    conflict = open_conflicts().get()
    sides = [[one["room"] for one in side] for side in (conflict.base, conflict.ours, conflict.theirs)]
    assert (conflict.kind, sides) == ("COVERED", [["103"], ["101"], ["102"]])
    fed.resolve(conflict, Choice.THEIRS)
    deliver_due(fed.adapter)
    assert_at_rest(fed)
    assert (place(), fed.rows_of("S5", "meetings")[0]["room"]) == (("MWF", "102"), "102")


def test_an_instructor_that_both_sides_change_becomes_a_conflict(fed):
    fed.settings(sections={"sources": {"instructors": "ASK"}})
    both = [{"instructor": "I1", "percent": 60, "is_primary": True}, {"instructor": "I2", "percent": 40}]
    fed.edit("S5", instructors=both)
    (row,) = fed.rows_of("S5", "section_instructors")
    edited = {**row, "percent": "80"}
    with fed.at_the_write(
        lambda: fed.edit_in_sis("S5", instructors=[edited]), resource="section-instructors"
    ):
        deliver_due(fed.adapter)
    assert follow_and_deliver(fed).covered == 1
    conflict = open_conflicts().get()
    assert (conflict.kind, [one["percent"] for one in conflict.theirs]) == ("COVERED", [80])
    fed.resolve(conflict, Choice.OURS)
    deliver_due(fed.adapter)
    assert_at_rest(fed)
    assert sorted(one["percent"] for one in fed.rows_of("S5", "section_instructors")) == ["40", "60"]


def test_a_meeting_that_is_written_twice_before_a_look_is_found_all_the_same(fed):
    fed.settings(sections={"sources": {"meetings": "ASK"}})
    fed.edit("S5", meetings=[ours(fed, room="101")])
    edited = the_meeting(fed, room="102")
    with fed.at_the_write(lambda: fed.edit_in_sis("S5", meetings=[edited]), resource="instructional-events"):
        deliver_due(fed.adapter)
    fed.edit("S5", meetings=[ours(fed, days="TR")])
    deliver_due(fed.adapter)
    assert follow_and_deliver(fed).covered == 1
    conflict = open_conflicts().get()
    sides = [[(one["days"], one["room"]) for one in side] for side in (conflict.ours, conflict.theirs)]
    assert sides == [[("TR", "101")], [("MWF", "102")]]


def test_another_instructor_of_the_team_goes_on_by_itself(fed):
    """What was covered is one person's share; the other's, edited in the SIS after our write, is news."""
    fed.settings(sections={"sources": {"instructors": "ASK"}})
    both = [{"instructor": "I1", "percent": 60, "is_primary": True}, {"instructor": "I2", "percent": 40}]
    fed.edit("S5", instructors=both)
    deliver_due(fed.adapter)
    follow_and_deliver(fed)
    fed.edit("S5", instructors=[{**both[0], "percent": 70}, {**both[1], "percent": 30}])
    rows = {one["instructor_id"]: one for one in fed.rows_of("S5", "section_instructors")}

    def edit_in_sis():
        shares = {"I1": "80", "I2": "20"}
        team = [{**rows[who], "percent": share} for who, share in shares.items()]
        fed.edit_in_sis("S5", instructors=team)

    with fed.at_the_write(edit_in_sis, resource="section-instructors", after=True):  # the other's is next
        deliver_due(fed.adapter)
    assert follow_and_deliver(fed).covered == 1
    conflict = open_conflicts().get()
    assert [one["percent"] for one in conflict.theirs] == [80, 20]
    fed.resolve(conflict, Choice.THEIRS)
    deliver_due(fed.adapter)
    assert_at_rest(fed)
    assert sorted(one["percent"] for one in fed.rows_of("S5", "section_instructors")) == ["20", "80"]
