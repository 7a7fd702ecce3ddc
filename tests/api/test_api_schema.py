"""The OpenAPI description, and that the API keeps what it says (schemathesis, in process)."""

import io
import json

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from schemathesis import checks

from config.wsgi import application
from scheduling.domain.fields import CATALOGUE
from scheduling.models import CustomField, Relationship, RelationshipMember, Section

SCHEMA = "/api/v1/schema/"


@pytest.fixture
def description(db):
    answer = Client().get(SCHEMA, headers={"Accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


def test_the_description_names_every_endpoint_and_how_to_sign_in(description):
    assert {path: set(methods) for path, methods in description["paths"].items()} == {
        "/api/v1/sections/": {"get", "post"},
        "/api/v1/sections/{section_id}/": {"get", "patch", "delete"},
        "/api/v1/sections/{section_id}/cancel/": {"post"},
        "/api/v1/terms/": {"get"},
        "/api/v1/terms/{code}/": {"get"},
        "/api/v1/courses/": {"get"},
        "/api/v1/phases/": {"get"},
        "/api/v1/relationships/": {"get", "post"},
        "/api/v1/relationships/{relationship_id}/": {"get", "patch", "delete"},
        "/api/v1/runs/": {"get"},
        "/api/v1/runs/{run_id}/": {"get"},
        "/api/v1/outbound/": {"get"},
    }
    assert description["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    parameters = {one["name"] for one in description["paths"]["/api/v1/sections/"]["get"]["parameters"]}
    assert parameters == {"cursor", "term", "department", "subject", "status", "sis_id", "crn", "search"}


def test_the_description_is_valid_and_complete():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_every_field_of_the_catalogue_is_described(description):
    schemas = description["components"]["schemas"]
    for name in ("Section", "SectionChanges"):
        assert set(CATALOGUE.names) <= set(schemas[name]["properties"])


def test_answers_are_as_described(description, section, registrar):
    CustomField.objects.create(name="fee", label="Fee", kind="integer")
    Section.objects.filter(pk=section.pk).update(custom={"fee": 3})

    def validator(name):
        return Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": description["components"]}
        )

    validator("SectionPage").validate(registrar.get().json())
    validator("Section").validate(registrar.get(f"/api/v1/sections/{section.pk}/").json())
    validator("SavedSection").validate(registrar.patch(section, {"capacity": 9}, version=1).json())
    validator("Problem").validate(registrar.patch(section, {"crn": "9"}, version=2).json())


described = schemathesis.openapi.from_wsgi(SCHEMA, application)
fuzzed = schemathesis.openapi.from_wsgi(SCHEMA, application)
fuzzed.config.phases.update(phases=["fuzzing"])
FEW = settings(
    max_examples=30, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
NOT_KEPT = [checks.positive_data_acceptance]  # no description can say which cursors and versions are ours
CONFORMANCE = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


@pytest.fixture
def kept_connection():
    """Keeps the end of a request from closing the connection, which holds the test's transaction."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield
    for signal in ends:
        signal.connect(close_old_connections)


@described.parametrize()
@FEW
def test_whatever_is_asked_is_answered_as_described(case, section, registrar, kept_connection):
    case.call_and_validate(headers=registrar.headers, excluded_checks=NOT_KEPT)


@pytest.fixture
def group(section, biology, sections_of):
    """A crosslist of two sections."""
    other = sections_of(biology)[0]
    made = Relationship.objects.create(term=section.term, kind="CROSSLIST")
    for one in (section, other):
        RelationshipMember.objects.create(relationship=made, section=one, kind="CROSSLIST", term=section.term)
    return made


@fuzzed.include(method=["PATCH", "DELETE"]).parametrize()
@FEW
def test_whatever_is_changed_is_answered_as_described(case, section, group, registrar, kept_connection):
    """On a record that is there, at its own version; what the last example changed is taken back."""
    with transaction.atomic():
        name = next(iter(case.operation.path_parameters)).name
        record = group if name == "relationship_id" else section
        case.path_parameters = {name: record.pk}
        response = case.call(headers=registrar.headers | {"If-Match": f'"{record.version}"'})
        case.validate_response(response, checks=CONFORMANCE)
        transaction.set_rollback(True)


@fuzzed.include(method="POST").parametrize()
@FEW
def test_whatever_is_made_is_answered_as_described(case, section, group, registrar, kept_connection):
    with transaction.atomic():
        if isinstance(case.body, dict) and "term" in case.body:
            case.body["term"] = section.term_id
            case.body["course"] = section.course.sis_id
            if "kind" in case.body:
                del case.body["course"]
        headers = registrar.headers
        if case.path_parameters:
            case.path_parameters = {"section_id": section.pk}
            headers = headers | {"If-Match": '"1"'}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CONFORMANCE)
        transaction.set_rollback(True)
