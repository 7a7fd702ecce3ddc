"""GET /api/v1/sections/{id}/: the document of CONTRACT.md."""

import datetime as dt

import pytest

from scheduling import integration_side
from scheduling.models import Campus, CustomField, Section

KEYS = """id version term sis_id crn course section_number title status schedule_type instruction_mode
campus part_of_term start_date end_date credits capacity waitlist_capacity enrollment waitlisted notes custom
meetings instructors locked integration"""


def detail(api, section):
    return api.get(f"/api/v1/sections/{section.pk}/")


def test_a_section_has_exactly_the_keys_of_the_contract(section, registrar):
    document = detail(registrar, section).json()
    assert set(document) == set(KEYS.split())
    assert set(document["course"]) == {"id", "subject", "number"}
    meeting_keys = {"id", "days", "start_time", "end_time", "building", "room", "start_date", "end_date"}
    assert set(document["meetings"][0]) == meeting_keys
    assert set(document["instructors"][0]) == {"instructor", "percent", "is_primary"}


def test_values_are_canonical(biology, sections_of, registrar):
    Campus.objects.create(code="N")
    CustomField.objects.create(name="fee", label="Fee", kind="integer")
    values = {
        "campus_id": "N",
        "status": "CANCELLED",
        "start_date": dt.date(2027, 2, 1),
        "end_date": dt.date(2027, 5, 28),
        "enrollment": 0,
        "notes": "Bring boots",
        "custom": {"fee": 30},
        "version": 3,
    }
    section = sections_of(biology, 1, **values)[0]
    first, arranged = section.meetings.order_by("id")
    document = detail(registrar, section).json()
    del document["locked"], document["integration"]
    assert document == {
        "id": section.pk,
        "version": 3,
        "term": "20271",
        "sis_id": "S1",
        "crn": "00001",
        "course": {"id": "C-BIO-101", "subject": "BIO", "number": "101"},
        "section_number": "01",
        "title": "Cells",
        "status": "CANCELLED",
        "schedule_type": None,
        "instruction_mode": None,
        "campus": "N",
        "part_of_term": None,
        "start_date": "2027-02-01",
        "end_date": "2027-05-28",
        "credits": "1.00",
        "capacity": 24,
        "waitlist_capacity": None,
        "enrollment": 0,
        "waitlisted": None,
        "notes": "Bring boots",
        "custom": {"fee": 30},
        "meetings": [
            {
                "id": first.pk,
                "days": "MWF",
                "start_time": "09:00",
                "end_time": "09:50",
                "building": "HAL",
                "room": "101",
                "start_date": "",
                "end_date": "",
            },
            {
                "id": arranged.pk,
                "days": "",
                "start_time": "",
                "end_time": "",
                "building": "HAL",
                "room": "",
                "start_date": "",
                "end_date": "",
            },
        ],
        "instructors": [{"instructor": "I1", "percent": 100, "is_primary": True}],
    }


def test_a_section_that_the_sis_does_not_have_yet_has_no_ids_of_it(biology, sections_of, registrar):
    section = sections_of(biology, 1, sis_id=None, crn="")[0]
    document = detail(registrar, section).json()
    assert (document["sis_id"], document["crn"]) == (None, None)


def test_the_version_is_the_etag(section, registrar):
    Section.objects.filter(pk=section.pk).update(version=7)
    answer = detail(registrar, section)
    assert answer.headers["ETag"] == '"7"'
    assert answer.json()["version"] == 7


def test_a_registrar_finds_locked_what_the_sis_keeps(section, registrar):
    locked = detail(registrar, section).json()["locked"]
    assert locked["crn"] == "CRN is kept by the SIS; it is changed there."
    assert {"crn", "enrollment", "waitlisted"} <= locked.keys()
    assert "title" not in locked


def test_a_viewer_finds_every_field_locked_with_a_reason(section, api_of):
    CustomField.objects.create(name="fee", label="Fee", kind="integer")
    document = detail(api_of("VIEWER", everywhere=True), section).json()
    fields = set(KEYS.split()) - {"id", "version", "term", "sis_id", "custom", "locked", "integration"}
    assert document["locked"].keys() == fields | {"custom.fee"}
    assert all(reason.endswith(".") for reason in document["locked"].values())


@pytest.mark.parametrize("who", [("SCHEDULER", ["ART"]), ("VIEWER", []), ("INSTRUCTOR", [])])
def test_what_one_may_not_see_does_not_exist(section, course_of, api_of, who):
    course_of("ART")
    answer = detail(api_of(*who), section)
    assert answer.status_code == 404
    assert answer.json() == {
        "code": "NOT_FOUND",
        "message": "There is no such section, or you may not see it.",
        "field": None,
    }


@pytest.mark.parametrize("number", [0, 10**30])
def test_an_unknown_section_is_answered_like_a_hidden_one(section, registrar, number):
    answer = registrar.get(f"/api/v1/sections/{number}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_the_integration_status_is_what_the_registered_provider_says(section, registrar, monkeypatch):
    asked = []

    class Provider:
        def statuses(self, ids, *, now):
            asked.append((list(ids), now.tzinfo is not None))
            return {
                section.pk: {
                    "section": section.pk,
                    "state": "SYNCED",
                    "headline": "Synced",
                    "at": None,
                    "reasons": [],
                }
            }

    monkeypatch.setattr(integration_side, "_registered", [])
    assert detail(registrar, section).json()["integration"] is None
    integration_side.register(Provider)
    assert detail(registrar, section).json()["integration"]["state"] == "SYNCED"
    assert asked == [([section.pk], True)]
