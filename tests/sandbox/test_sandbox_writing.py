"""What can be written, what becomes of it, and what both profiles refuse."""

import pytest

from integration.sandbox.identity import NIL
from tests.sandbox.test_sandbox_reading import check

STARTS, ENDS = "2024-09-05", "2024-12-17"


def new_section(caller, **values):
    """A body that both profiles accept."""
    like = caller.section("S002")
    body = {
        "id": NIL,
        "titles": [{"type": like["titles"][0]["type"], "value": "Calculus, evenings"}],
        "startOn": STARTS,
        "endOn": ENDS,
        "number": "Z",
        "academicPeriod": like["academicPeriod"],
        "course": like["course"],
        "site": like["site"],
        "instructionalMethods": like["instructionalMethods"],
        "credits": like["credits"],
        "maxEnrollment": 25,
    }
    return {name: value for name, value in (body | values).items() if value != "left out"}


def meeting(section, **values):
    recurrence = {
        "timePeriod": {"startOn": f"{STARTS}T18:00:00-05:00", "endOn": f"{ENDS}T19:20:00-06:00"},
        "repeatRule": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"], "ends": {"date": ENDS}},
    }
    body = {"id": NIL, "section": {"id": section["id"]}, "recurrence": recurrence}
    return body | {"instructionalMethod": section["instructionalMethods"][0]} | values


def events_of(caller, section):
    return caller.all("instructional-events", criteria={"section": {"id": section["id"]}})


def words(answer):
    """The error's text, in whichever of the three shapes it comes."""
    body = answer.json()
    error = body["errors"][0] if "errors" in body else body[0] if isinstance(body, list) else body
    return f"{answer.status_code} {error['message']}"


def codes(answer):
    return answer.status_code, answer.json()["errors"][0]["code"]


def make_whole(caller):
    """A section with a meeting, an instructor and a crosslist; the section."""
    made = caller.send("POST", "sections", new_section(caller))
    assert made.status_code == 201
    section = caller.http.get(f"/api/sections/{made.json()['id']}").json()
    room = caller.one("rooms", number="204")
    place = {"location": {"type": "room", "room": {"id": room["id"]}}}
    caller.send("POST", "instructional-events", meeting(section, locations=[place])).raise_for_status()
    person = caller.one("persons", credentials=caller.all("persons").popitem()[1]["credentials"])
    body = {"id": NIL, "section": {"id": section["id"]}, "instructor": {"id": person["id"]}}
    share = {"responsibilityPercentage": 33.5, "instructorRole": "primary"}
    caller.send("POST", "section-instructors", body | share).raise_for_status()
    members = [
        {"section": {"id": guid}, "type": kind}
        for guid, kind in ((section["id"], "primary"), (caller.section("S002")["id"], "secondary"))
    ]
    caller.send("POST", "section-crosslists", {"id": NIL, "sections": members}).raise_for_status()
    return section


def test_what_is_taken_fits_the_schemas(caller, realdata):
    make_whole(caller)

    written = caller.control("journal")
    assert len(written) == 4
    for one in written:
        check(realdata, one["resource"], one["body"])
        check(realdata, one["resource"], one["answer"]["body"])


def test_a_section_is_made_with_its_meetings_instructors_and_crosslist(caller):
    section = make_whole(caller)

    row = caller.row("sections", guid=section["id"])
    assert row | {"title": "Calculus, evenings", "section_number": "Z", "capacity": "25"} == row
    assert (row["id"], row["enrollment"], row["status"]) == ("T002", "0", "ACTIVE")
    event = caller.row("meetings", section_id=row["id"])
    assert list(event.values())[2:] == ["M", "18:00", "19:20", "RNS", "204", STARTS, ENDS]
    taught = caller.row("section_instructors", section_id=row["id"])
    assert (taught["instructor_id"], taught["percent"], taught["is_primary"]) == ("I3", "33.5", "True")
    assert caller.row("relationships", id="X002")["kind"] == "CROSSLIST"
    assert caller.section("S002")["crossListed"] == "crossListed"


def test_a_put_changes_what_it_names_and_null_clears(caller):
    section = caller.section("S004")
    answer = caller.send("PUT", "sections", {"maxEnrollment": 12, "descriptions": None}, section["id"])

    assert answer.status_code == 200
    before = caller.row("sections", id="S004")
    assert (before["capacity"], before["notes"], before["title"]) == ("12", "", "Independent Study")
    again = caller.section("S004")
    assert {**section, "maxEnrollment": 12, "metadata": again["metadata"]}.keys() - again.keys() == {
        "descriptions"
    }


def test_what_was_read_can_be_written_as_it_is(caller):
    for resource in ("sections", "instructional-events", "section-instructors", "section-crosslists"):
        for guid, document in caller.all(resource).items():
            answer = caller.send("PUT", resource, document, guid)
            assert (answer.status_code, answer.json()) == (200, document)

    assert caller.http.get("/consume").json() == []


def test_an_arranged_meeting_and_one_in_no_room_are_kept(caller):
    section = caller.section("S004")
    period = {"startOn": f"{STARTS}T00:00:00-05:00", "endOn": f"{ENDS}T00:00:00-06:00"}
    place = {"location": {"type": "online", "title": "Online"}}
    body = meeting(section, recurrence={"timePeriod": period}, locations=[place])
    made = caller.send("POST", "instructional-events", body).json()

    assert list(caller.row("meetings", section_id="S004").values())[2:] == [
        *("", "", "", "Online", ""),
        *(STARTS, ENDS),
    ]
    caller.send("PUT", "instructional-events", {"locations": []}, made["id"]).raise_for_status()
    assert caller.row("meetings", section_id="S004")["building"] == ""


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"number": "A"}, "400 Section number A is already used for this course and term."),
        ({"startOn": "2024-01-01"}, "400 The section must begin between 2024-09-05 and 2024-12-17."),
        ({"endOn": "2024-09-01"}, "400 The section ends before it begins."),
        ({"colour": "red"}, "400 sections has no property 'colour'."),
        ({"course": "left out"}, "400 The property 'course' is required."),
        ({"course": {"id": NIL}}, f"400 'course': no record of courses was found for GUID '{NIL}'."),
        ({"maxEnrollment": -1}, "400 The property 'maxEnrollment' must be a whole number from 0."),
        ({"billing": "three"}, "400 The property 'billing' must be a number."),
        (
            {"alternateIds": [{"title": "Source Key", "value": "S001"}]},
            "400 The Source Key of a section is given by the SIS and cannot be changed.",
        ),
        ({"enrollment": 3}, "400 The property 'enrollment' is given by the SIS."),
    ],
)
def test_a_section_that_cannot_be_is_refused_and_nothing_is_made(colleague, values, said):
    answer = colleague.send("POST", "sections", new_section(colleague, **values))

    assert words(answer) == said
    assert len(colleague.all("sections")) == 7
    assert colleague.control("journal")[0]["took_effect"] is False


def test_a_taken_number_is_free_again_once_its_section_is_cancelled(colleague):
    colleague.send("PUT", "sections", {"status": {"category": "cancelled"}}, colleague.section("S003")["id"])

    assert colleague.send("POST", "sections", new_section(colleague, number="B")).status_code == 201
    back = colleague.send(
        "PUT", "sections", {"status": {"category": "open"}}, colleague.section("S003")["id"]
    )
    assert codes(back) == (400, "Section.Duplicate")


def test_a_guid_of_something_else_is_told_apart(colleague):
    course = colleague.section("S002")["site"]

    assert codes(colleague.send("POST", "sections", new_section(colleague, course=course))) == (
        400,
        "GUID.Wrong.Type",
    )


def test_a_room_is_for_one_section_unless_somebody_approves(colleague):
    section, taken = colleague.section("S004"), colleague.section("S002")
    event = next(one for one in events_of(colleague, taken).values() if "monday" in str(one))
    body = meeting(section, recurrence=event["recurrence"], locations=event["locations"])
    refused = colleague.send("POST", "instructional-events", body)
    approvals = [{"approvalType": "roomAvailability", "approvalEntity": "user"}]
    approved = colleague.send("POST", "instructional-events", body | {"approvals": approvals})

    assert codes(refused) == (400, "InstructionalEvent.Location.RoomScheduleConflict")
    assert approved.status_code == 201


def test_a_room_that_is_too_small_needs_approval_too(colleague):
    section = colleague.section("S001")
    colleague.send("PUT", "sections", {"maxEnrollment": 31}, section["id"]).raise_for_status()
    ((guid, event),) = events_of(colleague, section).items()
    rule = event["recurrence"]["repeatRule"] | {"daysOfWeek": ["friday"]}
    body = {"recurrence": event["recurrence"] | {"repeatRule": rule}}

    assert codes(colleague.send("PUT", "instructional-events", body, guid)) == (
        400,
        "InstructionalEvent.Location.InsufficientRoomCapacity",
    )


def test_a_section_has_one_primary_instructor_and_each_person_once(caller):
    section = {"id": caller.section("S001")["id"]}
    assigned = caller.all("section-instructors", criteria={"section": section})
    first, second = sorted(assigned.values(), key=lambda one: "instructorRole" not in one)
    twice = {"id": NIL, "section": section, "instructor": first["instructor"]}

    assert "assigned to this section already" in words(caller.send("POST", "section-instructors", twice))
    primary = {"instructorRole": "primary"}
    refused = caller.send("PUT", "section-instructors", primary, second["id"])
    assert "has a primary instructor already" in words(refused)
    caller.send("PUT", "section-instructors", {"instructorRole": None}, first["id"]).raise_for_status()
    caller.send("PUT", "section-instructors", primary, second["id"]).raise_for_status()
    assert caller.row("section_instructors", section_id="S001", instructor_id="I3")["is_primary"] == "True"


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (["S002"], "A crosslist has two or more sections, each once."),
        (["S002", "S002"], "A crosslist has two or more sections, each once."),
        (["S002", "S005"], "A section is in another crosslist already."),
        (["S002", "T001"], "The sections of a crosslist are of one term."),
    ],
)
def test_a_crosslist_that_cannot_be_is_refused(caller, sections, said):
    members = [
        {"section": {"id": caller.section(code)["id"]}, "type": "secondary" if number else "primary"}
        for number, code in enumerate(sections)
    ]
    assert said in words(caller.send("POST", "section-crosslists", {"id": NIL, "sections": members}))


def test_a_crosslist_is_dissolved(caller):
    (guid,) = caller.all("section-crosslists")
    caller.send("DELETE", "section-crosslists", guid=guid).raise_for_status()

    assert [row["kind"] for row in caller.control("export")["relationships"]] == ["LINKED"]
    assert caller.send("DELETE", "section-crosslists", guid=guid).status_code == 404
