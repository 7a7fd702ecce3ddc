"""What is served: token, versions, pages, filters, and documents that are what the schemas say."""

import json
from functools import cache

import httpx
import jsonschema
import pytest

from integration.sandbox.resources import RESOURCES
from tandem_conformance.institution import NOTE, TABLES

SCHEMAS = {
    name: f"{''.join(part.title() for part in name.split('-'))}_V{resource.version.replace('.', '_')}.json"
    for name, resource in RESOURCES.items()
}


def loosened(schema):
    """Enumerations in lower case, as some keep the case of the language they were made from."""
    if isinstance(schema, dict):
        return {
            key: [str(one).lower() for one in value] if key == "enum" else loosened(value)
            for key, value in schema.items()
        } | (
            {"additionalProperties": False}
            if "properties" in schema and "metadata" in schema["properties"]
            else {}
        )
    return [loosened(one) for one in schema] if isinstance(schema, list) else schema


def lowered(value):
    if isinstance(value, dict):
        return {key: lowered(one) for key, one in value.items()}
    if isinstance(value, list):
        return [lowered(one) for one in value]
    return value.lower() if isinstance(value, str) else value


def own_additions(name, document):
    """What the sandbox adds to a document on purpose."""
    return {
        key: value
        for key, value in document.items()
        if (name, key)
        not in {("sections", "enrollment"), ("sections", "waitlisted"), ("section-crosslists", "code")}
    }


@cache
def schema_of(folder, name):
    """(validators, properties that must be there) of a resource."""
    typed = folder / "typed"
    files = [*typed.glob(SCHEMAS[name]), *typed.glob(SCHEMAS[name].replace(".json", "_0.json"))]
    schemas = [loosened(json.loads(file.read_text())) for file in files]
    wanted = [json.loads(file.read_text())["required"] for file in folder.glob(f"{name}.v*.json")]
    return [jsonschema.Draft7Validator(schema) for schema in schemas], set().union(*wanted)


def check(realdata, name, document):
    """How many schemas there are for a document; it fits them all."""
    validators, wanted = schema_of(realdata.parent.parent / "sis/ethos", name)
    for validator in validators:
        validator.validate(lowered(own_additions(name, document)))
    assert wanted <= document.keys()
    return len(validators)


def test_a_token_is_plain_text_and_needed(caller):
    bare = httpx.get(f"{caller.url}/api/sections")
    again = httpx.post(f"{caller.url}/auth?expirationMinutes=2", headers={"Authorization": "Bearer k"})

    assert bare.status_code == 401
    assert bare.json()["errors"][0]["code"] == "Authentication.Required"
    assert again.text.count(".") == 2
    assert again.headers["content-type"] == "text/plain"


def test_only_the_agreed_key_gets_a_token(served):
    url = served("colleague", api_key="right").url

    given = [
        httpx.post(f"{url}/auth", headers={"Authorization": f"Bearer {key}"}) for key in ("wrong", "right")
    ]

    assert [answer.status_code for answer in given] == [401, 200]


def test_every_document_is_what_the_schemas_say(caller, realdata):
    checked = dict.fromkeys(RESOURCES, 0)
    for name in RESOURCES:
        for document in caller.all(name).values():
            checked[name] += check(realdata, name, document)

    assert {name for name, count in checked.items() if count == 0} == {
        *("academic-levels", "educational-institution-units", "instructional-methods", "room-types"),
        *("instructional-delivery-methods", "section-title-types", "section-description-types"),
        *("course-title-types", "course-statuses", "credit-categories"),
    }


def test_a_section_says_all_that_the_folder_says(banner):
    section = banner.section("S004")

    assert section["descriptions"][0]["value"] == NOTE
    assert "credits" not in section
    assert section["maxEnrollment"] == 0
    assert section["waitlist"] == {"eligible": "notEligible", "waitlistMaximum": 0}
    assert section["crossListed"] == "notCrossListed"
    part = banner.all("academic-periods")[section["academicPeriod"]["id"]]
    assert part["category"]["type"] == "subterm"
    assert banner.all("academic-periods")[part["category"]["parent"]["id"]]["code"] == "20241"


def test_a_meeting_has_the_offset_of_its_dates_and_an_arranged_one_no_rule(caller):
    room, online = (
        next(iter(caller.all("instructional-events", criteria={"section": {"id": guid}}).values()))
        for guid in (caller.section("S001")["id"], caller.section("S003")["id"])
    )

    assert room["recurrence"] == {
        "timePeriod": {"startOn": "2024-09-05T08:00:00-05:00", "endOn": "2024-12-17T09:20:00-06:00"},
        "repeatRule": {
            "type": "weekly",
            "interval": 1,
            "daysOfWeek": ["tuesday", "thursday"],
            "ends": {"date": "2024-12-17"},
        },
    }
    assert online["recurrence"] == {
        "timePeriod": {"startOn": "2024-09-05T00:00:00-05:00", "endOn": "2024-12-17T00:00:00-06:00"}
    }
    assert online["locations"] == [{"location": {"type": "online", "title": "Online"}}]


def test_a_version_that_is_not_served_is_refused(caller):
    asked = {
        version: caller.http.get(
            "/api/sections", headers={"Accept": f"application/vnd.hedtech.integration.{version}+json"}
        )
        for version in ("v16", "v16.1.0", "v8")
    }

    assert {version: answer.status_code for version, answer in asked.items()} == {
        "v16": 200,
        "v16.1.0": 200,
        "v8": 406,
    }
    assert asked["v16"].headers["x-media-type"] == "application/vnd.hedtech.integration.v16.1.0+json"


def test_pages_tell_the_total_and_a_limit_above_the_maximum_is_the_maximum(caller):
    first, rest = caller.list("sections", limit=5), caller.list("sections", offset=5, limit=100_000)

    assert [len(first.json()), len(rest.json())] == [5, 2]
    assert {one["id"] for one in first.json()} & {one["id"] for one in rest.json()} == set()
    assert rest.headers["x-total-count"] == str(len(TABLES["sections"]))
    assert rest.headers["x-max-page-size"] == "100"


def test_sections_are_found_by_term_course_and_number(caller):
    term = caller.one("academic-periods", code="20241")["id"]
    course = caller.section("S002")["course"]
    of_term = caller.all("sections", criteria={"academicPeriod": {"id": term}})
    narrowed = {"academicPeriod": {"id": term}, "course": course, "number": "B"}

    assert sorted(one["code"] for one in of_term.values()) == [f"S00{number}" for number in range(1, 7)]
    assert [one["code"] for one in caller.all("sections", criteria=narrowed).values()] == ["S003"]
    by_body = caller.http.post("/qapi/sections", json=narrowed)
    assert [one["code"] for one in by_body.json()] == ["S003"]
    part = caller.section("S002")["academicPeriod"]
    assert len(caller.all("sections", criteria={"academicPeriod": part})) == 6


def test_a_change_moves_no_record_to_another_page(caller):
    term = {"academicPeriod": {"id": caller.one("academic-periods", code="20241")["id"]}}
    before = list(caller.all("sections", criteria=term))
    caller.send("PUT", "sections", {"maxEnrollment": 3}, before[1]).raise_for_status()

    assert list(caller.all("sections", criteria=term)) == before


def test_named_queries_bring_the_parts_of_a_whole_term(caller):
    term = {"academicPeriod": {"id": caller.one("academic-periods", code="20241")["id"]}}
    taught = caller.one("section-instructors", section={"id": caller.section("S002")["id"]})
    person = taught["instructor"]["id"]

    assert caller.list("instructional-events", academicPeriod=term).headers["x-total-count"] == "4"
    assert len(caller.all("section-instructors", academicPeriod=term)) == 3
    found = caller.all("sections", instructor={"instructor": {"id": person}})
    assert [one["code"] for one in found.values()] == ["S002"]
    assert len(caller.all("section-crosslists", section=caller.section("S005")["id"])) == 1
    assert caller.all("section-crosslists", section=caller.section("S006")["id"]) == {}, (
        "linked is no crosslist"
    )


def test_what_is_not_offered_is_refused(caller):
    asked = [
        caller.list("sections", keyword="x"),
        caller.list("sections", criteria="{"),
        caller.list("sections", offset="x"),
        caller.http.get("/api/students"),
        caller.http.get("/api/sections/7d4c1a52-6f0b-4e0f-9a35-2b7f3f1f5f10"),
        caller.send("POST", "courses", {"id": "x"}),
    ]

    assert [answer.status_code for answer in asked] == [400, 400, 400, 404, 404, 405]


def test_the_offer_says_what_holds(caller):
    offered = {
        one["name"]: one["representations"][0]
        for one in caller.http.get("/admin/available-resources").json()[0]["resources"]
    }

    assert offered.keys() == RESOURCES.keys()
    assert offered["sections"]["maxPageSize"] == 100
    assert {
        one["resourceName"] for one in caller.http.get("/appconfig").json()["subscriptions"]
    } == offered.keys()


@pytest.mark.parametrize("table", TABLES)
def test_the_export_is_the_folder(colleague, table):
    exported = [tuple(row.values()) for row in colleague.control("export")[table]]
    width = len(TABLES[table][0])

    assert sorted(row[:width] for row in exported) == sorted(TABLES[table])
