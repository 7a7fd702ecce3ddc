"""What the sandbox answers instead of doing what was asked, in the words and shape of its profile."""

import html
from typing import Any

from .identity import guid
from .resources import RESOURCES

SCHEMA_ERROR = "Global.SchemaValidation.Error"
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, NOT_ALLOWED = 400, 401, 403, 404, 405
NOT_ACCEPTABLE, UNSUPPORTED, SERVER_ERROR = 406, 415, 500


class Refusal(Exception):
    """An error answer. `code` is Ethos's; `banner` are Banner's words, in its own form, where they differ."""

    def __init__(self, code: str, message: str, *, status: int = BAD_REQUEST, banner: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.banner = banner


def ora(*parts: str) -> str:
    """The text of a Banner API error with one or more parts."""
    return "ORA-20100: " + "".join(f"::{part}" for part in parts) + "::"


def not_there(resource: str, identifier: str) -> Refusal:
    """A record that was asked for and is not there."""
    code = RESOURCES[resource].not_found
    return Refusal(code, f"No record of {resource} was found for GUID '{identifier}'.", status=NOT_FOUND)


def body_of(refusal: Refusal, profile: str, resource: str) -> Any:
    """The error as JSON. Banner's older handlers answer one object or a bare list, without the envelope."""
    code, message = refusal.code, refusal.message
    if profile == "banner" and refusal.status not in {UNAUTHORIZED, FORBIDDEN, SERVER_ERROR}:
        code, message = SCHEMA_ERROR, html.escape(refusal.banner or message)
    error = {
        "id": guid("errors", f"{code}/{message}"),
        "code": code,
        "description": f"HTTP {refusal.status}: the request was not carried out.",
        "message": message,
    }
    if profile == "banner" and resource == "section-instructors":
        return error
    if profile == "banner" and resource == "section-crosslists":
        return [error]
    return {"errors": [error]}
