"""The control paths under ``/sandbox/``, which no real SIS has."""

from collections.abc import Mapping
from typing import Any

from .answers import Answer, Request
from .faults import BadFault
from .refusals import BAD_REQUEST, NOT_FOUND
from .revisions import BadChanges
from .sis import SandboxSis


def control(sis: SandboxSis, request: Request) -> Answer:
    """Carry out a request to the sandbox itself."""
    match request.method, request.parts[1:]:
        case "GET", ["journal"]:
            return Answer(body=list(sis.journal))
        case "GET", ["export"]:
            return Answer(body=sis.export())
        case "GET", ["faults"]:
            return Answer(
                body=[{"when": one.when, "then": one.then, "left": one.left} for one in sis.faults.faults]
            )
        case "POST", ["advance"]:
            return _advance(sis, request.body)
        case "POST", ["faults"]:
            return _faults(sis, request.body)
        case "POST", ["reset"]:
            sis.reset()
            return Answer(body={"reset": True})
    return Answer(status=NOT_FOUND, body={"error": f"The sandbox has no {request.method} {request.path}."})


def _advance(sis: SandboxSis, body: Any) -> Answer:
    count = body.get("revisions", 1) if isinstance(body, Mapping) else 1
    if not isinstance(count, int) or count < 0:
        return Answer(status=BAD_REQUEST, body={"error": 'Send {"revisions": n}, n a whole number.'})
    try:
        return Answer(body=sis.advance(count))
    except BadChanges as error:
        return Answer(status=BAD_REQUEST, body={"error": str(error)})


def _faults(sis: SandboxSis, body: Any) -> Answer:
    specs = [body] if isinstance(body, Mapping) else body
    if not isinstance(specs, list) or not all(isinstance(spec, Mapping) for spec in specs):
        return Answer(status=BAD_REQUEST, body={"error": "Send a list of faults; an empty one clears them."})
    try:
        sis.faults.add(specs)
    except BadFault as error:
        return Answer(status=BAD_REQUEST, body={"error": str(error)})
    return Answer(body={"faults": len(sis.faults.faults)})
