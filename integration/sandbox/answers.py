"""An answer of the sandbox, before it becomes bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"
OK, CREATED, NO_CONTENT = 200, 201, 204


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """`body` is sent as JSON; a text as it stands; None: nothing."""

    status: int = OK
    body: Any = None
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What was asked. `path` is without the query; `body` is decoded JSON or None."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    is_readable: bool = True

    @property
    def parts(self) -> list[str]:
        """The path's parts."""
        return [part for part in self.path.split("/") if part]

    @property
    def bearer(self) -> str:
        """The token or key that it carries."""
        kind, _space, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""


class ConnectionLost(Exception):
    """No answer is sent: the connection ends, as a network would end it."""
