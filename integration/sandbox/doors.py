"""Where a request goes: token, discovery, resources, feed, control; and the faults that strike on the way."""

from collections.abc import Mapping
from typing import Any

from . import reading
from .answers import Answer, ConnectionLost, Request
from .control import control
from .discovery import available_resources, configuration
from .faults import WRITES, Call
from .feed import USUAL
from .refusals import (
    BAD_REQUEST,
    FORBIDDEN,
    NOT_ALLOWED,
    NOT_FOUND,
    SERVER_ERROR,
    UNAUTHORIZED,
    Refusal,
    body_of,
)
from .resources import ERRORS_MEDIA, RESOURCES, methods_of
from .sis import SandboxSis
from .writing import write

TOO_MANY, MAINTENANCE = 429, 503
BUSY = {
    "too_many_requests": Answer(
        status=TOO_MANY, body={"message": "API rate limit exceeded"}, headers={"Retry-After": "1"}
    ),
    "maintenance": Answer(
        status=MAINTENANCE,
        body="<html><body><h1>Service Unavailable</h1>The system is down for maintenance.</body></html>",
        media_type="text/html",
        headers={"Retry-After": "1"},
    ),
}


def answer(sis: SandboxSis, request: Request) -> tuple[Answer, float]:
    """The answer and the seconds to wait before it is sent. Raises `ConnectionLost` where none is."""
    with sis.lock:
        if request.parts[:1] == ["sandbox"]:
            return control(sis, request), 0.0
        call = call_of(request)
        met = sis.faults.meet(call)
        delay = sum(fault.seconds for fault in met if fault.then == "slow")
        strikes = next((fault.then for fault in met if fault.then != "slow"), "")
        is_write = call.method in WRITES and request.parts[:1] == ["api"]
        answered, took_effect = _attempt(sis, request, call, strikes)
        is_lost = strikes in {"reset_before", "timeout_after_effect"}
        if is_write:
            _enter(sis, request, None if is_lost else answered, took_effect=took_effect)
        sis.settle()
        if is_lost:
            raise ConnectionLost
        return answered, delay


def call_of(request: Request) -> Call:
    """What a request is about, as faults name it."""
    parts = request.parts
    is_resource = parts[:1] in (["api"], ["qapi"])
    return Call(
        method=request.method,
        resource=parts[-1] if parts and not is_resource else "".join(parts[1:2]),
        is_list=parts[:1] == ["qapi"] or (request.method, *parts[:1], *parts[2:]) == ("GET", "api"),
        is_query=parts[:1] == ["qapi"],
    )


def _attempt(sis: SandboxSis, request: Request, call: Call, strikes: str) -> tuple[Answer, bool]:
    """(answer, whether it took effect), a fault in the way or not."""
    try:
        if strikes in BUSY:
            return BUSY[strikes], False
        if strikes == "reset_before":
            return Answer(status=SERVER_ERROR), False
        if strikes == "expired_token":
            sis.tokens.revoke(request.bearer)
        if request.parts[:1] != ["auth"]:
            _check_token(sis, request)
        if strikes in {"refuse", "locked"}:
            raise refusal_of(strikes, call)
        answered = _answer(sis, request, call, strikes)
    except Refusal as refusal:
        return failed(refusal, sis.profile, call.resource), False
    if strikes == "error_500_after_effect":
        error = Refusal("Global.Internal.Error", "An unexpected error occurred.", status=SERVER_ERROR)
        return failed(error, sis.profile, call.resource), True
    return answered, True


def refusal_of(name: str, call: Call) -> Refusal:
    """The two refusals that can be ordered."""
    if name == "locked":
        message = f"The record of {call.resource} is locked by another user; try again later."
        return Refusal("Course.Locked", message, banner="ORA-20100: ::Record is locked by another user::")
    message = "The record has a value that is not valid."
    return Refusal("Validation.Exception", message, banner="ORA-20100: ::Invalid value::")


def failed(refusal: Refusal, profile: str, resource: str) -> Answer:
    """A refusal as an answer."""
    body = body_of(refusal, profile, resource)
    headers = {"x-media-type": ERRORS_MEDIA}
    return Answer(status=refusal.status, body=body, media_type=ERRORS_MEDIA, headers=headers)


def _check_token(sis: SandboxSis, request: Request) -> None:
    if not sis.tokens.is_good(request.bearer, now=sis.clock()):
        raise Refusal(
            "Authentication.Required", "The token is missing, wrong or has expired.", status=UNAUTHORIZED
        )


def _answer(sis: SandboxSis, request: Request, call: Call, strikes: str) -> Answer:
    match request.method, request.parts:
        case "POST", ["auth"]:
            return _token(sis, request)
        case "GET", ["admin", "available-resources"]:
            return Answer(body=available_resources(sis.profile, sis.allowed()))
        case "GET", ["appconfig"]:
            return Answer(body=configuration(sis.profile))
        case (("GET" | "HEAD"), ["consume"]):
            return _consume(sis, request)
        case (("GET" | "POST" | "PUT" | "DELETE"), ["api", *_]):
            return _resource(sis, request, call, strikes)
        case "POST", ["qapi", _name]:
            return _resource(sis, request, call, strikes)
    raise Refusal("Global.Internal.Error", f"There is no {request.method} {request.path}.", status=NOT_FOUND)


def _token(sis: SandboxSis, request: Request) -> Answer:
    minutes = request.query.get("expirationMinutes", "")
    token = sis.tokens.issue(request.bearer, minutes=minutes, now=sis.clock())
    if token is None:
        raise Refusal("Authentication.Required", "The API key is missing or wrong.", status=UNAUTHORIZED)
    return Answer(body=token, media_type="text/plain")


def _consume(sis: SandboxSis, request: Request) -> Answer:
    if request.method == "HEAD":
        return Answer(headers={"x-remaining": str(sis.feed.remaining())})
    position, limit = request.query.get("lastProcessedID"), request.query.get("limit", str(USUAL))
    if not limit.isdecimal() or not (position or "0").isdecimal():
        raise Refusal("Validation.Exception", "lastProcessedID and limit must be whole numbers.")
    batch, left = sis.feed.consume(limit=int(limit), position=int(position) if position else None)
    return Answer(body=batch, headers={"x-remaining": str(left)})


def _resource(sis: SandboxSis, request: Request, call: Call, strikes: str) -> Answer:
    name, rest = request.parts[1], request.parts[2:]
    if name not in RESOURCES:
        raise Refusal("Global.Internal.Error", f"There is no resource {name}.", status=NOT_FOUND)
    if (method := "get" if call.is_list else request.method.lower()) in sis.denied.get(name, ()):
        message = f"The key has no permission for {method} of {name}."
        raise Refusal("Access.Denied", message, status=FORBIDDEN)
    reading.check_media(request, name)
    if not request.is_readable:
        raise Refusal("Global.SchemaValidation.Error", "The body is no JSON.", status=BAD_REQUEST)
    if call.is_list:
        selected = reading.selected_by(sis.books, name, request)
        return reading.a_page(selected, sis.books, name, request.query, fault=strikes)
    identifier = rest[0] if len(rest) == 1 else ""
    if request.method == "GET":
        return reading.one_record(sis.books, name, identifier)
    is_allowed = request.method.lower() in methods_of(name, sis.profile)
    if not is_allowed or bool(identifier) is (request.method == "POST"):
        message = f"{request.method} is not allowed for {name}."
        raise Refusal("Global.Internal.Error", message, status=NOT_ALLOWED)
    return write(sis.books, request, name, identifier, modified=sis.stamp())


def _enter(sis: SandboxSis, request: Request, answered: Answer | None, *, took_effect: bool) -> None:
    """The journal's line about a write."""
    parts = [*request.parts, "", ""]
    given: dict[str, Any] | None = (
        None if answered is None else {"status": answered.status, "body": answered.body}
    )
    created = answered.body.get("id", "") if answered and isinstance(answered.body, Mapping) else ""
    sis.note(
        {
            "method": request.method,
            "resource": parts[1],
            "id": parts[2] or (created if took_effect else ""),
            "body": request.body,
            "answer": given,
            "took_effect": took_effect,
        }
    )
