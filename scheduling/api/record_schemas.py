"""The OpenAPI description of terms, courses, phases and relationships."""

from typing import Any

from .schema import (
    CURSOR,
    ETAG,
    ETAG_OF_NEW,
    ID,
    IF_MATCH,
    LOCATION,
    NOT_FOUND,
    PROBLEM,
    REFUSED,
    TEXT,
    WRITTEN,
    Schema,
    listed,
    ref,
    shape,
)

DAY: Schema = {"type": "string", "format": "date"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
OR_NULL: Schema = {"type": ["string", "null"]}
SEATS: Schema = {"type": ["integer", "null"], "minimum": 0, "maximum": 99_999}
IDS: Schema = {"type": "array", "items": ID}
KIND: Schema = {"type": "string", "enum": ["CROSSLIST", "LINKED"]}


_SWITCH = shape({"from": MOMENT, "phase": OR_NULL})
_TERM = {
    "code": TEXT,
    "name": TEXT,
    "start_date": DAY,
    "end_date": DAY,
    "is_active": {"type": "boolean"},
    "phase": {**OR_NULL, "description": "The phase that the term is in; null: the roles' defaults"},
    "timeline": {"type": "array", "items": _SWITCH},
}
_COURSE = {
    "id": {**TEXT, "description": "The SIS's id, unique in the term"},
    "term": TEXT,
    "subject": TEXT,
    "number": TEXT,
    "title": TEXT,
    "credits": {**OR_NULL, "description": "null: variable"},
    "department": OR_NULL,
    "is_active": {"type": "boolean"},
}
_FLAGS: Schema = {"type": "object", "additionalProperties": {"type": "boolean"}}
_MATRIX: Schema = {
    "type": "array",
    "items": shape({"role": TEXT, "fields": _FLAGS, "actions": _FLAGS}),
    "description": "What each role may edit and do in the phase, its own defaults included",
}
_PHASE = {
    "id": ID,
    "name": TEXT,
    "description": TEXT,
    "colour": TEXT,
    "field_rules": {"type": "array", "items": shape({"role": TEXT, "field": TEXT, "rule": TEXT})},
    "action_rules": {"type": "array", "items": shape({"role": TEXT, "action": TEXT, "rule": TEXT})},
    "matrix": _MATRIX,
}
_ASKED: dict[str, Any] = {"members": IDS, "primary": {"anyOf": [ID, {"type": "null"}]}, "capacity": SEATS}
_RELATIONSHIP = {
    "id": ID,
    "version": ID,
    "term": TEXT,
    "kind": KIND,
    "sis_id": OR_NULL,
    **_ASKED,
    "hidden_members": {"type": "integer", "minimum": 0},
}


def components() -> dict[str, Schema]:
    """The named schemas."""
    return {
        "Term": shape(_TERM),
        "TermPage": listed("Term"),
        "OfferedCourse": shape(_COURSE),
        "CoursePage": listed("OfferedCourse"),
        "Phase": shape(_PHASE),
        "PhasePage": listed("Phase"),
        "Relationship": shape(_RELATIONSHIP),
        "SavedRelationship": shape({**_RELATIONSHIP, "warnings": {"type": "array", "items": ref("Finding")}}),
        "RelationshipPage": listed("Relationship"),
        "RelationshipChanges": shape(_ASKED, required=False),
        "NewRelationship": shape({"term": TEXT, "kind": KIND, **_ASKED}, required=False)
        | {"required": ["term", "kind", "members"]},
    }


def add_components(result: Schema, **_given: Any) -> Schema:
    """Put `components` into the generated document (a postprocessing hook of drf-spectacular)."""
    result["components"].setdefault("schemas", {}).update(components())
    return result


def _list(operation: str, page: str, *, filters: bool) -> Schema:
    return {
        "operation_id": operation,
        "filters": filters,
        "parameters": [CURSOR],
        "responses": {200: ref(page), 400: PROBLEM, **REFUSED},
    }


TERM_LIST = _list("terms_list", "TermPage", filters=True)
TERM_DETAIL: Schema = {"operation_id": "terms_read", "responses": {200: ref("Term"), **REFUSED, **NOT_FOUND}}
COURSE_LIST = _list("courses_list", "CoursePage", filters=True)
PHASE_LIST = _list("phases_list", "PhasePage", filters=False)
RELATIONSHIP_LIST = _list("relationships_list", "RelationshipPage", filters=True)
RELATIONSHIP_POST: Schema = {
    "operation_id": "relationships_make",
    "parameters": [ETAG_OF_NEW, LOCATION],
    "request": {"application/json": ref("NewRelationship")},
    "responses": {201: ref("SavedRelationship"), **WRITTEN},
}
RELATIONSHIP_DETAIL: Schema = {
    "operation_id": "relationships_read",
    "parameters": [ETAG],
    "responses": {200: ref("Relationship"), **REFUSED, **NOT_FOUND},
}
RELATIONSHIP_PATCH: Schema = {
    "operation_id": "relationships_change",
    "parameters": [ETAG, IF_MATCH],
    "request": {"application/json": ref("RelationshipChanges")},
    "responses": {200: ref("SavedRelationship"), **WRITTEN},
}
RELATIONSHIP_DELETE: Schema = {
    "operation_id": "relationships_dissolve",
    "parameters": [IF_MATCH],
    "responses": {204: None, **WRITTEN},
}
