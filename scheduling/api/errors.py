"""Every refusal of the API as one JSON object: `{"code", "message", "field"}`, and what the code adds.

Statuses: a value that cannot be is 400; a field or an action that is not allowed 403; what is not there, or
not for this person, 404; what the schedule as it stands does not admit (a check, a number or a section that
is taken) 409; a version that is not the newest 412, none named 428.
"""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

from scheduling.domain.errors import DomainError, FieldLocked, NotFound

STATUS_OF = {
    "INVALID_VALUE": 400,
    "UNKNOWN_FIELD": 400,
    "FIELD_LOCKED": 403,
    "ACTION_REFUSED": 403,
    "NOT_FOUND": 404,
    "ALREADY_GROUPED": 409,
    "AMBIGUOUS": 409,
    "CONFIRM_STUDENTS": 409,
    "CHECK_FAILED": 409,
    "NUMBER_TAKEN": 409,
    "STALE_VERSION": 412,
}


class VersionRequired(exceptions.APIException):
    """A change that does not say which version it was made on (RFC 6585, 428)."""

    status_code = 428
    default_code = "version_required"
    default_detail = 'Name the version you changed in the header If-Match, for example If-Match: "3".'


class BodyTooLarge(exceptions.APIException):
    """A body over Django's DATA_UPLOAD_MAX_MEMORY_SIZE."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request is too large; send one section's changes at a time."


def problem(code: str, message: str, field: str | None = None, **more: Any) -> dict[str, Any]:
    """The body of a refusal."""
    return {"code": code, "message": message, "field": field or None, **more}


def answer(error: Exception, _context: dict[str, Any]) -> Response | None:
    """The answer to an expected failure; None leaves the others to Django (a 500, logged)."""
    if isinstance(error, DomainError):
        return _domain(error)
    if isinstance(error, Http404):
        return _domain(NotFound("There is nothing at this address."))
    if isinstance(error, RequestDataTooBig):
        error = BodyTooLarge()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error))
    if isinstance(error, exceptions.APIException):
        return _framework(error)
    return None


def _domain(error: DomainError) -> Response:
    more: dict[str, Any] = {"part": error.part} if error.part else {}
    if isinstance(error, FieldLocked):
        more["locked"] = dict(error.locked)
    return Response(problem(error.code, error.message, error.field, **more), status=STATUS_OF[error.code])


def _framework(error: exceptions.APIException) -> Response:
    detail: Any = error.detail
    field = None
    if isinstance(detail, dict):
        field, detail = next(iter(detail.items()))
    sentence = " ".join(str(one) for one in detail) if isinstance(detail, list) else str(detail)
    codes = error.get_codes()
    code = codes if isinstance(codes, str) else error.default_code
    way_in = getattr(error, "auth_header", None)
    headers = {"WWW-Authenticate": way_in} if way_in else {}
    return Response(problem(code.upper(), sentence, field), status=error.status_code, headers=headers)
