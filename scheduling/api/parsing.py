"""Reading a request's body: JSON that the database can hold."""

import re
from collections.abc import Iterator, Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and the halves of a surrogate pair


class PlainJsonParser(JSONParser):
    """JSON of a bounded depth (Django bounds its size), whose texts PostgreSQL can store."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body. Raises `ParseError`."""
        try:
            body = super().parse(stream, media_type, parser_context)
            is_storable = not any(_UNSTORABLE.search(text) for text in _texts(body))
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        if not is_storable:
            raise ParseError("A text holds a NUL or half of a character; remove it.")
        return body


def _texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _texts(item)
