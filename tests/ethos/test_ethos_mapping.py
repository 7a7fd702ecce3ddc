"""What Tandem says to an Ethos site comes back the same; what the site says otherwise is understood."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.sis.ethos.lookup import NIL
from integration.sis.ethos.meetings import event_of, meeting_of
from integration.sis.ethos.sections import new_section, section_body, section_values
from integration.sis.ethos.teams import assignment_body, team_of, whole
from integration.sis.port import SisRejected
from scheduling.domain.fields import CATALOGUE
from scheduling.domain.values import Assignment, Meeting, canonical, instructors, meeting
from tests.ethos.lookups import Everything, dialect

ZONES = ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]
CHICAGO = ZoneInfo("America/Chicago")
DATES = st.dates(min_value=dt.date(2024, 1, 1), max_value=dt.date(2027, 12, 31))
CODES = st.text("ABCxyz019-", min_size=1, max_size=8)


@st.composite
def meetings(draw):
    first, last = sorted([draw(DATES), draw(DATES)])
    times = sorted([draw(st.times()).strftime("%H:%M"), draw(st.times()).strftime("%H:%M")])
    is_timed = draw(st.booleans()) and times != ["00:00", "00:00"]
    building = draw(st.one_of(st.just(""), CODES))
    return Meeting(
        days="".join(day for day in "MTWRFSU" if draw(st.booleans())),
        start_time=times[0] if is_timed else "",
        end_time=times[1] if is_timed else "",
        building=building,
        room=draw(st.one_of(st.just(""), CODES)) if building else "",
        start_date=first.isoformat(),
        end_date=last.isoformat(),
    )


@given(one=meetings(), zone=st.sampled_from(ZONES))
def test_a_meeting_comes_back_as_it_was_sent_in_every_zone(one, zone):
    look, speaks = Everything(), dialect(zone=zone)
    event = event_of(one, event_id=NIL, section="s", method="m", look=look, dialect=speaks)
    assert meeting(meeting_of(event, look, speaks.zone)) == one


def test_times_in_another_zones_offset_are_the_same_instants():
    event = {
        "recurrence": {
            "timePeriod": {"startOn": "2024-09-05T13:00:00Z", "endOn": "2024-12-17T15:20:00+00:00"},
            "repeatRule": {"type": "weekly", "interval": 1, "daysOfWeek": ["Thursday", "tuesday"]},
        }
    }
    found = meeting(meeting_of(event, Everything(), CHICAGO))
    assert (found.days, found.start_time, found.end_time) == ("TR", "08:00", "09:20")
    assert (found.start_date, found.end_date) == ("2024-09-05", "2024-12-17")


def test_what_stands_in_the_rule_and_what_is_not_there_at_all():
    period = {"startOn": "2024-09-05T08:00:00-05:00", "endOn": "2024-09-05T09:20:00-05:00"}
    daily = {"type": "daily", "interval": 1, "ends": {"date": "2024-12-17"}}
    found = meeting_of({"recurrence": {"timePeriod": period, "repeatRule": daily}}, Everything(), CHICAGO)
    assert (found["days"], found["end_date"]) == ("MTWRFSU", "2024-12-17")
    arranged = meeting(meeting_of({"locations": [{"location": {"type": "online"}}]}, Everything(), CHICAGO))
    assert arranged.is_arranged
    assert arranged.building == "Online"
    monthly = {"type": "monthly", "interval": 2}
    found = meeting_of({"recurrence": {"timePeriod": period, "repeatRule": monthly}}, Everything(), CHICAGO)
    assert found["days"] == "every 2 monthly"  # which is no day: the engine rejects the record and says so


def test_an_arranged_meeting_is_sent_with_its_place_and_conflicts_are_overridden_unless_the_sis_judges():
    place = Meeting(building="Online", start_date="2024-09-05", end_date="2024-12-17")
    given = {"event_id": NIL, "section": "s", "method": "m", "look": Everything()}
    event = event_of(place, **given, dialect=dialect())
    assert event["locations"] == [{"location": {"type": "online", "title": "Online"}}]
    assert "repeatRule" not in event["recurrence"]
    assert {one["approvalEntity"] for one in event["approvals"]} == {"user"}
    assert "approvals" not in event_of(place, **given, dialect=dialect(options="&conflicts=judge"))


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=40)
TEXT = TEXT.map(str.strip).filter(bool)
SECTIONS = st.fixed_dictionaries(
    {
        "course": CODES,
        "section_number": CODES,
        "title": TEXT,
        "status": st.sampled_from(["ACTIVE", "CANCELLED"]),
        "schedule_type": CODES,
        "instruction_mode": st.none() | CODES,
        "campus": st.none() | CODES,
        "part_of_term": CODES,
        "start_date": DATES.map(str),
        "end_date": st.none() | DATES.map(str),
        "credits": st.none() | st.integers(0, 99_999).map(lambda cents: f"{cents / 100:.2f}"),
        "capacity": st.none() | st.integers(0, 99_999),
        "waitlist_capacity": st.none() | st.integers(0, 99_999),
        "notes": st.none() | TEXT,
    }
)


@settings(max_examples=40)
@given(values=SECTIONS, profile=st.sampled_from(["colleague", "banner"]))
def test_a_section_comes_back_as_it_was_created(values, profile):
    look, speaks = Everything(), dialect(profile)
    document = new_section(values, term="20241", look=look, dialect=speaks)
    found = section_values(document, look, speaks)
    wanted = {name: one for name, one in values.items() if name != "part_of_term" or speaks.is_banner}
    assert {name: canonical(CATALOGUE[name], found[name]) for name in wanted} == wanted


@settings(max_examples=40)
@given(before=SECTIONS, after=SECTIONS)
def test_a_change_touches_what_it_names_and_no_other_value(before, after):
    look, speaks = Everything(), dialect("banner")
    document = new_section(before, term="20241", look=look, dialect=speaks)
    foreign = {"type": {"id": look.guid("section-description-types", "LONG", field="")}, "value": "theirs"}
    document["descriptions"] = [foreign, *document.get("descriptions", ())]
    changes = {name: after[name] for name in ("title", "notes", "credits", "capacity", "campus")}
    body = section_body(changes, term="20241", current=document, look=look, dialect=speaks)
    assert foreign in body["descriptions"]
    found = section_values({**document, **body}, look, speaks)
    assert {name: canonical(CATALOGUE[name], found[name]) for name in before} == {**before, **changes}


def test_what_a_site_leaves_out_or_says_twice():
    look, speaks = Everything(), dialect()
    short, long = (look.guid("section-title-types", one, field="") for one in ("SHORT", "LONG"))
    document = {
        "id": "g",
        "titles": [{"type": {"id": long}, "value": "Long"}, {"type": {"id": short}, "value": "Short"}],
        "credits": [{"measure": "credit", "minimum": 1, "maximum": 3}],
        "alternateIds": [{"title": "CRN", "value": "10042"}],
        "status": {"category": "closed"},
    }
    found = section_values(document, look, speaks)
    assert (found["title"], found["credits"], found["crn"], found["status"]) == (
        "Short",
        None,
        "10042",
        "ACTIVE",
    )
    assert not {"enrollment", "waitlisted", "part_of_term"} & found.keys()
    body = section_body({"title": "New"}, term="20241", current=document, look=look, dialect=speaks)
    assert [one["value"] for one in body["titles"]] == ["Long", "New"]


def test_a_status_follows_the_institutions_own_map():
    look = Everything()
    speaks = dialect(options="&statuses=A:ACTIVE,X:CANCELLED,I:CANCELLED")
    body = section_body({"status": "CANCELLED"}, term="20241", current={}, look=look, dialect=speaks)
    assert body["status"]["detail"]["id"] == look.guid("section-statuses", "X", field="")
    inactive = {
        "status": {"category": "closed", "detail": {"id": look.guid("section-statuses", "I", field="")}}
    }
    assert section_values(inactive, look, speaks)["status"] == "CANCELLED"
    assert section_values(inactive, look, dialect())["status"] == "ACTIVE"


@pytest.mark.parametrize("missing", ["title", "schedule_type", "start_date"])
def test_a_new_section_without_what_the_sis_needs_is_refused_for_that_field(missing):
    values = {"title": "x", "schedule_type": "LEC", "start_date": "2024-09-05", missing: None}
    with pytest.raises(SisRejected) as refused:
        new_section(values, term="20241", look=Everything(), dialect=dialect())
    assert refused.value.field == missing


TEAMS = st.lists(
    st.builds(Assignment, instructor=CODES, percent=st.integers(0, 100)), unique_by=lambda one: one.instructor
)


@given(team=TEAMS)
def test_a_team_is_sent_as_it_is_or_with_its_rounding_rest_on_the_primary_or_not_at_all(team):
    total = sum(one.percent for one in team)
    if team and abs(100 - total) > 1:
        with pytest.raises(SisRejected):
            whole(team)
        return
    look, sent = Everything(), whole(team)
    assert sum(one.percent for one in sent) in ({100} if team else {0})
    assert len({one.instructor for one in set(sent) - set(team)}) == (1 if team and total != 100 else 0)
    documents = [assignment_body(one, assignment_id=NIL, section="s", look=look) for one in sent]
    assert instructors(team_of(documents, look), field=CATALOGUE["instructors"]) == tuple(sorted(sent))


def test_the_rest_of_three_thirds_goes_to_the_primary_and_a_half_team_is_refused_in_plain_words():
    thirds = [Assignment(instructor=who, percent=33.33, is_primary=who == "b") for who in "abc"]
    assert [one.percent for one in whole(thirds)] == [33.33, 33.34, 33.33]
    with pytest.raises(SisRejected, match="add up to 50; this SIS needs 100"):
        whole([Assignment(instructor="a", percent=50)])


def test_several_rows_of_one_person_are_one_assignment():
    rows = [
        {"instructor": {"id": "p"}, "responsibilityPercentage": 60, "instructorRole": "primary"},
        {"instructor": {"id": "p"}, "responsibilityPercentage": 40},
    ]
    assert team_of(rows, Everything()) == [{"instructor": "p", "percent": "100", "is_primary": True}]
