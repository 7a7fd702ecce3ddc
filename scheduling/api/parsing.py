"""Reading a request's body: JSON that the database can hold."""

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and the halves of a surrogate pair


class PlainJsonParser(JSONParser):
    """JSON of a bounded depth (Django bounds its size), whose texts PostgreSQL can store.

    A name that an object has twice is refused: the other value would be lost in silence.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The parsed body. Raises `ParseError`."""
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            text = codecs.getreader(encoding)(stream).read()
            body = json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
            is_storable = not any(_UNSTORABLE.search(text) for text in _texts(body))
        except RecursionError:
            raise ParseError("The JSON is nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"This is no JSON: {error}.") from error
        if not is_storable:
            raise ParseError("A text holds a NUL or half of a character; remove it.")
        return body


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ParseError(f"{name!r} is given twice in one object; give it once.")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise ParseError(f"{text} is no number of JSON; send a number or null.")


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
