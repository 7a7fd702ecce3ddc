"""The examples of docs/reference/api.md are what the API takes and gives (as `test_api_schema` knows it)."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from scheduling.models import CustomField
from tests.api.conftest import call

PAGE = Path(__file__).parents[2] / "docs/reference/api.md"
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
SHOWN = {
    '{"id": 465': "Section",
    '{"code": "20271"': "Term",
    '403 {"code"': "Problem",
}
ASKED = {
    "PATCH /api/v1/sections/465/": "SectionChanges",
    "POST /api/v1/sections/\n": "NewSection",
    "POST /api/v1/relationships/": "NewRelationship",
}


def example(beginning):
    """The JSON of the block that begins so."""
    [block] = [one for one in BLOCKS if one.startswith(beginning)]
    return json.loads(block[block.index("{") :])


@pytest.fixture(scope="module")
def components():
    answer = Client().get("/api/v1/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    return json.loads(answer.content)["components"]


def test_every_block_of_json_is_looked_at():
    known = (*SHOWN, *ASKED)
    assert [one for one in BLOCKS if "{" in one and not one.startswith(known)] == []


@pytest.mark.parametrize(("beginning", "name"), [*SHOWN.items(), *ASKED.items()])
def test_an_example_has_the_shape_that_is_described(components, beginning, name):
    schema = components["schemas"][name] | {"components": components}
    Draft202012Validator(schema).validate(example(beginning))


def test_the_requests_work_as_they_are_written(registrar, term, course_of, sections_of):
    CustomField.objects.create(name="fee", label="Fee", kind="integer")
    course_of("BIO", sis_id="BIO-101", title="Cells")
    made = call(registrar, "post", "sections/", example("POST /api/v1/sections/\n"))
    assert made.status_code == 201, made.content
    first, second = (made.json()["id"], sections_of(course_of("ART"))[0].pk)
    changed = call(
        registrar, "patch", f"sections/{first}/", example("PATCH /api/v1/sections/465/"), version=1
    )
    assert (changed.status_code, changed.json()["custom"]) == (200, {"fee": 30}), changed.content
    body = example("POST /api/v1/relationships/")
    assert body["primary"] == body["members"][0]
    body |= {"members": [first, second], "primary": first}
    assert call(registrar, "post", "relationships/", body).status_code == 201
