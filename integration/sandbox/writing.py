"""Writes: what each resource checks, and what becomes of the books."""

from .answers import Answer, Request
from .refusals import NOT_ALLOWED, Refusal
from .sis import SandboxSis


def write(_sis: SandboxSis, _request: Request, resource: str, _identifier: str) -> Answer:
    """Carry out a POST, PUT or DELETE; none is taken yet."""
    raise Refusal("Global.Internal.Error", f"{resource} cannot be written.", status=NOT_ALLOWED)
