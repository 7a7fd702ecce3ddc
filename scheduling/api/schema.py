"""The OpenAPI description of sections, made from the field catalogue."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from scheduling.domain.fields import CATALOGUE, DAYS, Field, Kind

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
ID: Schema = {"type": "integer", "minimum": 1}
TIME: Schema = {"type": "string", "pattern": "^([0-2][0-9]:[0-5][0-9])?$", "description": "HH:MM or blank"}
DAY: Schema = {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", "description": "ISO or blank"}
VERSION: Schema = {"type": "string", "pattern": '^"[0-9]+"$', "example": '"3"'}


def shape(properties: Mapping[str, Any], *, required: bool = True, **more: Any) -> Schema:
    """An object of these properties and no others."""
    names = {"required": list(properties)} if required and properties else {}
    return {"type": "object", "properties": properties, **names, "additionalProperties": False, **more}


def listed(component: str) -> Schema:
    """A page of a list of `component`."""
    link: Schema = {"type": ["string", "null"], "format": "uri"}
    return shape({"next": link, "previous": link, "results": _list_of(component)})


def _list_of(component: str) -> Schema:
    return {"type": "array", "items": ref(component)}


def ref(component: str) -> Schema:
    """A reference to a named schema."""
    return {"$ref": f"#/components/schemas/{component}"}


MEETING = {
    "days": {
        "type": "string",
        "pattern": "^" + "".join(f"{day}?" for day in DAYS) + "$",
        "description": "Blank: arranged",
    },
    "start_time": TIME,
    "end_time": TIME,
    "building": TEXT,
    "room": TEXT,
    "start_date": DAY,
    "end_date": DAY,
}
ASSIGNMENT = {
    "instructor": {"type": "string", "minLength": 1, "description": "The SIS's id"},
    "percent": {"type": "number", "minimum": 0, "maximum": 100},
    "is_primary": {"type": "boolean"},
}
COURSE = {
    "id": {"type": "string", "description": "The SIS's id, unique in the term"},
    "subject": TEXT,
    "number": TEXT,
}
CUSTOM: Schema = {"type": "object", "description": "The institution's own fields by name"}


def field_schema(field: Field, *, asked: bool = False) -> Schema:
    """What one field holds; with `asked`, what a PATCH may say of it."""
    kind: Schema
    match field.kind:
        case Kind.COURSE:
            kind = {"oneOf": [TEXT, ref("Course")]} if asked else ref("Course")
        case Kind.MEETINGS:
            kind = _list_of("AskedMeeting" if asked else "Meeting")
        case Kind.INSTRUCTORS:
            kind = _list_of("AskedInstructor" if asked else "Instructor")
        case Kind.INTEGER:
            kind = {"type": ["integer", "null"], "minimum": field.minimum, "maximum": field.maximum}
        case Kind.CREDITS:
            kind = {"type": ["string", "null"], "pattern": r"^[0-9]{1,3}\.[0-9]{2}$"}
        case Kind.DATE:
            kind = {"type": ["string", "null"], "format": "date"}
        case Kind.CHOICE:
            kind = {"type": "string", "enum": list(field.choices)}
        case _:
            text = "string" if field.is_required else ["string", "null"]
            kind = {"type": text, "maxLength": field.max_length}
    return kind if "$ref" in kind else {"title": field.label, **kind}


def components() -> dict[str, Schema]:
    """The named schemas."""
    finding = {"code": TEXT, "severity": TEXT, "message": TEXT, "field": TEXT, "other": TEXT}
    reason = {"code": TEXT, "message": TEXT, "field": {}, "who": {}}
    section = {
        "id": ID,
        "version": ID,
        "term": TEXT,
        "sis_id": {"type": ["string", "null"], "description": "null: not in the SIS yet"},
        **{field.name: field_schema(field) for field in CATALOGUE},
        "custom": CUSTOM,
        "locked": {
            "type": "object",
            "additionalProperties": TEXT,
            "description": "Fields that you may not change now, each with the reason",
        },
        "integration": {"anyOf": [ref("Integration"), {"type": "null"}]},
    }
    changes = {field.name: field_schema(field, asked=True) for field in CATALOGUE} | {"custom": CUSTOM}
    return {
        "Course": shape(COURSE),
        "Meeting": shape({"id": ID, **MEETING}),
        "Instructor": shape(ASSIGNMENT),
        "AskedMeeting": shape({"id": ID, **MEETING}, required=False),
        "AskedInstructor": shape(ASSIGNMENT, required=False) | {"required": ["instructor"]},
        "Reason": shape(reason) | {"additionalProperties": True},
        "Integration": shape(
            {"section": {}, "state": TEXT, "headline": TEXT, "at": {}, "reasons": _list_of("Reason")}
        )
        | {"additionalProperties": True},
        "Finding": shape(finding),
        "Section": shape(section),
        "SavedSection": shape({**section, "warnings": _list_of("Finding")}),
        "SectionChanges": shape(changes, required=False),
        "SectionPage": listed("Section"),
        "NewSection": shape({"term": TEXT, **changes}, required=False)
        | {"required": ["term", "course", "section_number"]},
        "Problem": shape({"code": TEXT, "message": TEXT, "field": {"type": ["string", "null"]}})
        | {"additionalProperties": True},
    }


def add_components(result: Schema, **_given: Any) -> Schema:
    """Put `components` into the generated document (a postprocessing hook of drf-spectacular)."""
    result["components"].setdefault("schemas", {}).update(components())
    return result


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the base has no types
    """How the description names `TokenAuthentication`."""

    target_class = "scheduling.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> Schema:
        """A bearer token."""
        return {"type": "http", "scheme": "bearer"}


ETAG = OpenApiParameter(
    "ETag", VERSION, OpenApiParameter.HEADER, description="The version", response=[200], required=True
)
ETAG_OF_NEW = OpenApiParameter(
    "ETag", VERSION, OpenApiParameter.HEADER, description="The version", response=[201], required=True
)
LOCATION = OpenApiParameter(
    "Location", TEXT, OpenApiParameter.HEADER, description="Its address", response=[201], required=True
)
IF_MATCH = OpenApiParameter(
    "If-Match", VERSION, OpenApiParameter.HEADER, required=True, description="The version that you changed"
)
CURSOR = OpenApiParameter("cursor", str, description="From `next` or `previous`")
PROBLEM = ref("Problem")
REFUSED = {401: PROBLEM, 403: PROBLEM, 406: PROBLEM}
NOT_FOUND = {404: PROBLEM}

SECTION_LIST: Schema = {
    "operation_id": "sections_list",
    "filters": True,
    "parameters": [CURSOR],
    "responses": {200: ref("SectionPage"), 400: PROBLEM, **REFUSED},
}
SECTION_DETAIL: Schema = {
    "operation_id": "sections_read",
    "parameters": [ETAG],
    "responses": {200: ref("Section"), **REFUSED, **NOT_FOUND},
}
WRITTEN: dict[int, Schema] = {
    **REFUSED,
    **NOT_FOUND,
    **dict.fromkeys((400, 409, 412, 413, 415, 428), PROBLEM),
}
SECTION_PATCH: Schema = {
    "operation_id": "sections_change",
    "parameters": [ETAG, IF_MATCH],
    "request": {"application/json": ref("SectionChanges")},
    "responses": {200: ref("SavedSection"), **WRITTEN},
}
SECTION_POST: Schema = {
    "operation_id": "sections_make",
    "parameters": [ETAG_OF_NEW, LOCATION],
    "request": {"application/json": ref("NewSection")},
    "responses": {201: ref("SavedSection"), **WRITTEN},
}
SECTION_CANCEL: Schema = {
    "operation_id": "sections_cancel",
    "parameters": [ETAG, IF_MATCH],
    "request": None,
    "responses": {200: ref("SavedSection"), **WRITTEN},
}
SECTION_DELETE: Schema = {
    "operation_id": "sections_delete",
    "parameters": [IF_MATCH],
    "responses": {204: None, **WRITTEN},
}
