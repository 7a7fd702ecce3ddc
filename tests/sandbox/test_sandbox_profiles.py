"""What Colleague and Banner each do in their own way."""

import pytest

from integration.sandbox.identity import NIL
from tests.sandbox.test_sandbox_writing import events_of, new_section, words


def delete(caller, resource, guid):
    return caller.send("DELETE", resource, guid=guid)


def assigned(caller, section):
    return caller.all("section-instructors", criteria={"section": {"id": section["id"]}})


def test_colleague_wants_the_nil_guid_and_banner_does_without(colleague, banner):
    for id_ in ("left out", "7d4c1a52-6f0b-4e0f-9a35-2b7f3f1f5f10"):
        assert colleague.send("POST", "sections", new_section(colleague, id=id_)).status_code == 400
    assert banner.send("POST", "sections", new_section(banner, id="left out")).status_code == 201


def test_colleague_never_deletes_a_section(colleague):
    assert delete(colleague, "sections", colleague.section("S003")["id"]).status_code == 405


def test_colleague_cancels_at_once(colleague):
    section = colleague.section("S001")
    answer = colleague.send("PUT", "sections", {"status": {"category": "cancelled"}}, section["id"])

    assert answer.json()["status"]["category"] == "cancelled"
    assert colleague.row("sections", id="S001")["status"] == "CANCELLED"
    assert len(events_of(colleague, section)) == 1


def test_colleague_fixes_how_a_section_is_charged(colleague):
    section = colleague.section("S001")["id"]
    answer = colleague.send("PUT", "sections", {"chargeAssessmentMethod": {"id": NIL}}, section)

    assert words(answer) == "400 The charge assessment method of a section cannot be changed."


def test_a_number_of_banner_comes_with_the_next_read(colleague, banner):
    of_colleague = colleague.send("POST", "sections", new_section(colleague)).json()
    of_banner = banner.send("POST", "sections", new_section(banner)).json()

    assert of_colleague["code"] == "T002"
    assert "code" not in of_banner
    assert banner.http.get(f"/api/sections/{of_banner['id']}").json()["alternateIds"] == [
        {"title": "CRN", "value": "T002"}
    ]


def test_banner_speaks_in_its_own_words(banner):
    title = {"titles": [{"type": banner.section("S002")["titles"][0]["type"], "value": "x" * 31}]}
    answer = banner.send("PUT", "sections", title, banner.section("S002")["id"])
    assert answer.json()["errors"][0]["code"] == "Global.SchemaValidation.Error"
    assert words(answer) == "400 ORA-20100: ::Section title must not be longer than 30 characters.::"
    unknown = banner.send("PUT", "sections", {"a<b": 1}, banner.section("S002")["id"])
    assert words(unknown) == "400 sections has no property &#x27;a&lt;b&#x27;."


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"site": "left out"}, "Campus is required."),
        ({"academicPeriod": "term"}, "Part of term is required."),
        ({"number": "A"}, "Section number A is already used for this course and term."),
        (
            {"credits": "nine"},
            "Section credit hours are not within the range of the course.::Range is 0 to 2.",
        ),
    ],
)
def test_banner_refuses_a_new_section(banner, values, said):
    values = dict(values)
    if "academicPeriod" in values:
        values["academicPeriod"] = {"id": banner.one("academic-periods", code="20241")["id"]}
    if "credits" in values:
        values["credits"] = [banner.section("S002")["credits"][0] | {"minimum": 9}]
    answer = banner.send("POST", "sections", new_section(banner, **values))

    assert words(answer) == f"400 ORA-20100: ::{said}::"


def test_banner_fixes_the_method_once_students_are_enrolled(banner):
    banner.control("advance", {"revisions": 1})
    lab = {"instructionalMethods": [{"id": banner.one("instructional-methods", abbreviation="LAB")["id"]}]}

    assert "Instructional method cannot be changed" in words(
        banner.send("PUT", "sections", lab, banner.section("S005")["id"])
    )
    banner.send("PUT", "sections", lab, banner.section("S001")["id"]).raise_for_status()


def test_banner_cancels_step_by_step(banner):
    section = banner.section("S001")
    cancelled = {"status": {"category": "cancelled"}}
    (event,) = events_of(banner, section)
    primary, other = sorted(
        assigned(banner, section), key=lambda one: "instructorRole" not in assigned(banner, section)[one]
    )

    def cancel(**more):
        return banner.send("PUT", "sections", cancelled | more, section["id"])

    assert "Instructors are assigned" in words(cancel())
    assert "Instructor is assigned to the meeting" in words(delete(banner, "instructional-events", event))
    assert "Primary instructor cannot be removed" in words(delete(banner, "section-instructors", primary))
    for resource, guid in (("section-instructors", other), ("section-instructors", primary)):
        assert delete(banner, resource, guid).status_code == 200
    assert "Meeting times exist" in words(cancel())
    delete(banner, "instructional-events", event).raise_for_status()
    assert "Maximum enrollment must be 0" in words(cancel())
    cancel(maxEnrollment=0).raise_for_status()
    assert banner.row("sections", id="S001")["status"] == "CANCELLED"


def test_an_instructor_can_leave_a_meeting_before_it_goes(banner):
    section = banner.section("S002")
    (guid,) = assigned(banner, section)
    kept, gone = events_of(banner, section)
    banner.send("PUT", "section-instructors", {"instructionalEvents": [{"id": kept}]}, guid)

    assert delete(banner, "instructional-events", gone).status_code == 200
    assert "Instructor is assigned" in words(delete(banner, "instructional-events", kept))


def test_banner_deletes_a_section_that_nothing_hangs_on(banner):
    assert "Students are enrolled" in words(delete(banner, "sections", banner.section("S005")["id"]))
    assert "Meeting times exist" in words(delete(banner, "sections", banner.section("S003")["id"]))
    assert delete(banner, "sections", banner.section("S004")["id"]).status_code == 200


def test_the_older_handlers_of_banner_have_other_shapes(banner):
    bodies = [
        banner.send("POST", resource, {"id": NIL}).json()
        for resource in ("section-instructors", "section-crosslists", "instructional-events")
    ]

    assert [bodies[0]["code"], bodies[1][0]["code"], bodies[2]["errors"][0]["code"]] == [
        "Global.SchemaValidation.Error"
    ] * 3
