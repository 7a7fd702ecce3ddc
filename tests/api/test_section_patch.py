"""PATCH /api/v1/sections/{id}/: one write service, one version, refusals that say what to do."""

import pytest
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from scheduling.models import ChangeLog, CustomField, Section

MEETING = {"days": "TR", "start_time": "14:00", "end_time": "15:15", "building": "HAL", "room": "101"}


def refused(answer, status, code):
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert {"code", "message", "field"} <= body.keys()
    assert body["code"] == code
    return body


def unchanged(section):
    before = section.version
    section.refresh_from_db()
    return section.version == before and not ChangeLog.objects.filter(record_id=str(section.pk)).exists()


def test_a_change_is_saved_audited_and_answered_with_the_new_section(section, registrar):
    answer = registrar.patch(section, {"capacity": 30, "notes": "Bring boots"}, version=1)
    assert answer.status_code == 200, answer.content
    document = answer.json()
    assert (document["capacity"], document["notes"], document["version"]) == (30, "Bring boots", 2)
    assert answer.headers["ETag"] == '"2"'
    warnings = document.pop("warnings")
    assert warnings == []
    assert document == registrar.get(f"/api/v1/sections/{section.pk}/").json()
    rows = ChangeLog.objects.filter(record_type="section", record_id=str(section.pk))
    assert {(row.field, row.source, row.actor_id, row.before, row.after) for row in rows} == {
        ("capacity", "API", registrar.user.pk, 24, 30),
        ("notes", "API", registrar.user.pk, None, "Bring boots"),
    }


def test_meetings_and_instructors_are_replaced_as_wholes(section, registrar):
    read = registrar.get(f"/api/v1/sections/{section.pk}/").json()
    answer = registrar.patch(
        section, {"meetings": [*read["meetings"], MEETING], "instructors": []}, version=1
    )
    assert answer.status_code == 200, answer.content
    shown = [(one["days"], one["room"]) for one in answer.json()["meetings"]]
    assert sorted(shown) == [("", ""), ("TR", "101")]
    assert answer.json()["instructors"] == []


def test_a_course_is_named_by_id_or_by_the_object_that_answers_hold(section, course_of, registrar):
    art = course_of("ART")
    first = registrar.patch(
        section, {"course": {"id": art.sis_id, "subject": "ART", "number": "101"}}, version=1
    )
    assert first.json()["course"] == {"id": "C-ART-101", "subject": "ART", "number": "101"}
    second = registrar.patch(section, {"course": "C-BIO-101"}, version=2)
    assert second.json()["course"]["subject"] == "BIO"


def test_the_institutions_own_fields_are_changed_inside_custom(section, registrar):
    CustomField.objects.create(name="fee", label="Fee", kind="integer")
    answer = registrar.patch(section, {"custom": {"fee": 30}}, version=1)
    assert answer.json()["custom"] == {"fee": 30}
    refused(registrar.patch(section, {"custom": {"fees": 30}}, version=2), 400, "UNKNOWN_FIELD")
    refused(registrar.patch(section, {"custom": 30}, version=2), 400, "INVALID_VALUE")


def test_a_change_that_changes_nothing_keeps_the_version(section, registrar):
    answer = registrar.patch(section, {"capacity": 24}, version=1)
    assert (answer.status_code, answer.json()["version"], answer.headers["ETag"]) == (200, 1, '"1"')
    assert unchanged(section)


def test_a_change_that_the_checks_warn_of_is_saved_with_the_warning(section, registrar):
    answer = registrar.patch(section, {"meetings": [MEETING], "capacity": 99}, version=1)
    assert answer.status_code == 200, answer.content
    warning = answer.json()["warnings"][0]
    assert (warning["code"], warning["severity"]) == ("CAPACITY_OVER_ROOM", "WARNING")
    assert warning["message"].endswith(".")


@pytest.mark.parametrize("header", [None, "", "*"])
def test_without_a_version_nothing_is_changed(section, registrar, header):
    headers = {} if header is None else {"If-Match": header}
    body = refused(registrar.patch(section, {"capacity": 30}, **headers), 428, "VERSION_REQUIRED")
    assert "If-Match" in body["message"]
    assert unchanged(section)


@pytest.mark.parametrize("header", ['"1"', "1", 'W/"1"'])
def test_the_version_may_be_bare_or_weakened_by_a_proxy(section, registrar, header):
    assert registrar.patch(section, {"capacity": 30}, **{"If-Match": header}).status_code == 200


@pytest.mark.parametrize("header", ['"2"', '"0"', 'W/"2"', '"abc"', '"1", "2"', '"' + "9" * 40 + '"'])
def test_a_version_that_is_not_the_newest_is_refused(section, registrar, header):
    refused(registrar.patch(section, {"capacity": 30}, **{"If-Match": header}), 412, "STALE_VERSION")
    assert unchanged(section)


def test_the_second_of_two_changes_to_one_version_is_refused(section, registrar):
    assert registrar.patch(section, {"capacity": 30}, version=1).status_code == 200
    body = refused(registrar.patch(section, {"capacity": 40}, version=1), 412, "STALE_VERSION")
    assert "version 2" in body["message"]
    assert Section.objects.get(pk=section.pk).capacity == 30


def test_all_locked_fields_that_were_asked_for_are_named(section, registrar):
    asked = {"crn": "1", "enrollment": 2, "title": "Free", "capacity": 30}
    body = refused(registrar.patch(section, asked, version=1), 403, "FIELD_LOCKED")
    assert body["locked"] == {
        "crn": "CRN is kept by the SIS; it is changed there.",
        "enrollment": "Enrolled is kept by the SIS; it is changed there.",
    }
    assert body["field"] in body["locked"]
    assert unchanged(section)


@pytest.mark.parametrize(("role", "departments"), [("VIEWER", ["BIO"]), ("INSTRUCTOR", ["BIO"])])
def test_who_may_only_read_gets_the_reason_for_each_field(section, api_of, role, departments):
    api = api_of(role, departments)
    body = refused(api.patch(section, {"title": "New", "capacity": 30}, version=1), 403, "FIELD_LOCKED")
    assert body["locked"].keys() == {"title", "capacity"}
    assert unchanged(section)


def test_a_scheduler_changes_what_the_phase_leaves_and_is_told_what_it_locks(section, term, api_of):
    api = api_of("SCHEDULER", ["BIO"])
    assert api.patch(section, {"capacity": 30}, version=1).status_code == 200
    TimelineEntry.objects.create(
        term=term, phase=Phase.objects.get(name="Published"), starts_at=timezone.now()
    )
    body = refused(api.patch(section, {"notes": "x", "capacity": 40}, version=2), 403, "FIELD_LOCKED")
    assert body["locked"] == {"capacity": "Capacity is locked in Published; the Registrar may change it."}
    assert api.get(f"/api/v1/sections/{section.pk}/").json()["locked"].keys() >= {"capacity", "title"}
    assert api.patch(section, {"notes": "x"}, version=2).status_code == 200


def test_a_section_that_one_may_not_see_cannot_be_changed_or_probed(section, course_of, api_of):
    course_of("ART")
    api = api_of("REGISTRAR", ["ART"])
    refused(api.patch(section, {"capacity": 30}, version=1), 404, "NOT_FOUND")
    refused(api.patch(section, {"capacity": 30}), 404, "NOT_FOUND")
    assert unchanged(section)


def test_a_registrar_of_one_department_changes_its_sections_and_cannot_give_them_away(
    section, course_of, api_of
):
    course_of("ART")
    api = api_of("REGISTRAR", ["BIO"])
    body = refused(api.patch(section, {"course": "C-ART-101"}, version=1), 403, "FIELD_LOCKED")
    assert body["field"] == "course"
    assert api.patch(section, {"capacity": 30}, version=1).status_code == 200


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"capacity": -1}, "INVALID_VALUE", "capacity"),
        ({"capacity": "many"}, "INVALID_VALUE", "capacity"),
        ({"capacity": True}, "INVALID_VALUE", "capacity"),
        ({"credits": "1.005"}, "INVALID_VALUE", "credits"),
        ({"start_date": "2027-02-30"}, "INVALID_VALUE", "start_date"),
        ({"status": "OPEN"}, "INVALID_VALUE", "status"),
        ({"section_number": ""}, "INVALID_VALUE", "section_number"),
        ({"title": "x" * 201}, "INVALID_VALUE", "title"),
        ({"title": {"en": "x"}}, "INVALID_VALUE", "title"),
        ({"course": "C-NONE"}, "INVALID_VALUE", "course"),
        ({"course": {"subject": "BIO"}}, "INVALID_VALUE", "course"),
        ({"course": None}, "INVALID_VALUE", "course"),
        ({"campus": "MOON"}, "INVALID_VALUE", "campus"),
        ({"meetings": "MWF"}, "INVALID_VALUE", "meetings"),
        ({"meetings": [MEETING | {"room": "999"}]}, "INVALID_VALUE", "meetings"),
        ({"meetings": [MEETING | {"colour": "red"}]}, "INVALID_VALUE", "meetings"),
        ({"instructors": [{"instructor": "nobody"}]}, "INVALID_VALUE", "instructors"),
        ({"titel": "x"}, "UNKNOWN_FIELD", "titel"),
        ({"id": 5}, "UNKNOWN_FIELD", "id"),
        ({"version": 2}, "UNKNOWN_FIELD", "version"),
        ({"term": "20273"}, "UNKNOWN_FIELD", "term"),
        ({"sis_id": "S9"}, "UNKNOWN_FIELD", "sis_id"),
        ({"locked": {}}, "UNKNOWN_FIELD", "locked"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_field_and_the_fix(
    section, registrar, changes, code, field
):
    body = refused(registrar.patch(section, {"notes": "not saved", **changes}, version=1), 400, code)
    assert body["field"] == field
    assert body["message"].endswith(".")
    assert unchanged(section)


def test_the_part_of_a_meeting_that_is_wrong_is_named(section, registrar):
    body = refused(
        registrar.patch(section, {"meetings": [MEETING | {"room": "999"}]}, version=1), 400, "INVALID_VALUE"
    )
    assert body["part"] == "room"


def test_a_number_that_is_taken_is_a_conflict(section, biology, sections_of, registrar):
    other = sections_of(biology)[0]
    body = refused(
        registrar.patch(section, {"section_number": other.section_number}, version=1), 409, "NUMBER_TAKEN"
    )
    assert body["field"] == "section_number"
    assert unchanged(section)


def test_a_room_that_is_taken_is_a_conflict(section, biology, sections_of, registrar):
    sections_of(biology)
    taken = {"days": "M", "start_time": "09:30", "end_time": "10:00", "building": "HAL", "room": "101"}
    body = refused(registrar.patch(section, {"meetings": [taken]}, version=1), 409, "CHECK_FAILED")
    assert body["field"] == "meetings"
    assert unchanged(section)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "JSON"),
        (b"[]", "JSON object"),
        (b'"capacity"', "JSON object"),
        (b"\xff\xfe", "JSON"),
        (b'{"capacity": NaN}', "JSON"),
        (b'{"notes": "a", "notes": "b"}', "'notes' is given twice"),
        (b'{"meetings": [{"days": "M", "days": "T"}]}', "'days' is given twice"),
        (b'{"notes": "a\\u0000b"}', "NUL"),
        (b'{"notes": "\\ud800"}', "half of a character"),
        (b'{"meetings": [{"building": "\\ud800"}]}', "half of a character"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"capacity": ' + b"9" * 5000 + b"}", "JSON"),
    ],
)
def test_a_body_that_cannot_be_read_says_so(section, registrar, body, told):
    headers = registrar.headers | {"If-Match": '"1"'}
    url = f"/api/v1/sections/{section.pk}/"
    answer = registrar.client.patch(url, body, "application/json", headers=headers)
    assert told in refused(answer, 400, "PARSE_ERROR")["message"]


def test_a_body_that_is_too_large_is_refused_unread(section, registrar, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    refused(registrar.patch(section, {"notes": "x" * 1000}, version=1), 413, "TOO_LARGE")


def test_a_body_that_is_no_json_type_is_refused(section, registrar):
    headers = registrar.headers | {"If-Match": '"1"'}
    url = f"/api/v1/sections/{section.pk}/"
    answer = registrar.client.patch(url, "capacity=30", "application/x-www-form-urlencoded", headers=headers)
    refused(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
