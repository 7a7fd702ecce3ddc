"""The OpenAPI description of merge runs and outbound changes."""

from typing import Any

from scheduling.api.schema import CURSOR, ID, NOT_FOUND, PROBLEM, REFUSED, TEXT, Schema, listed, ref, shape

OR_NULL: Schema = {"type": ["string", "null"]}
ID_OR_NULL: Schema = {"anyOf": [ID, {"type": "null"}]}
MOMENT: Schema = {"type": "string", "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
OPEN: Schema = {"type": "object", "additionalProperties": True}


_LINE = {
    "id": ID,
    "type": TEXT,
    "term": OR_NULL,
    "trigger": TEXT,
    "status": TEXT,
    "dry_run": FLAG,
    "send_updates": FLAG,
    "started_at": MOMENT,
    "seconds": {"type": ["number", "null"]},
    "error": {"anyOf": [OPEN, {"type": "null"}]},
    "counts": OPEN,
}
_ISSUE: Schema = {
    name: {} for name in ("record", "field", "code", "message", "file", "line", "column", "notice")
}
_RUN = {
    **_LINE,
    "plan": {"type": ["integer", "null"]},
    "digest": OR_NULL,
    "steps": {"type": "array", "items": OPEN},
    "issues": {"type": "array", "items": shape(_ISSUE)},
}
_ERROR = shape({"class": TEXT, "message": TEXT, "sis_words": TEXT})
_OUTBOUND = {
    "id": ID,
    "type": TEXT,
    "term": TEXT,
    "section": ID_OR_NULL,
    "relationship": ID_OR_NULL,
    "label": TEXT,
    "state": TEXT,
    "attempts": {"type": "integer"},
    "next_attempt_at": MOMENT,
    "reasons": {
        "type": "array",
        "items": shape({"code": TEXT, "headline": TEXT, "detail": TEXT}),
    },
    "error": {"anyOf": [_ERROR, {"type": "null"}]},
}


def components() -> dict[str, Schema]:
    """The named schemas."""
    return {
        "RunLine": shape(_LINE),
        "RunPage": listed("RunLine"),
        "Run": shape(_RUN),
        "OutboundChange": shape(_OUTBOUND),
        "OutboundPage": listed("OutboundChange"),
    }


def add_components(result: Schema, **_given: Any) -> Schema:
    """Put `components` into the generated document (a postprocessing hook of drf-spectacular)."""
    result["components"].setdefault("schemas", {}).update(components())
    return result


def _list(operation: str, page: str) -> Schema:
    return {
        "operation_id": operation,
        "filters": True,
        "parameters": [CURSOR],
        "responses": {200: ref(page), 400: PROBLEM, **REFUSED},
    }


RUN_LIST = _list("runs_list", "RunPage")
RUN_DETAIL: Schema = {"operation_id": "runs_read", "responses": {200: ref("Run"), **REFUSED, **NOT_FOUND}}
OUTBOUND_LIST = _list("outbound_list", "OutboundPage")
