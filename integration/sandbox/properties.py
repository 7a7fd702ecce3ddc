"""Reading the values of a written document; each raises the refusal that the SIS would answer."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from .books import Books
from .refusals import SCHEMA_ERROR, Refusal, ora

LENGTH_OF_DATE = 10


def invalid(message: str, *, code: str = "Validation.Exception") -> Refusal:
    """A value that breaks a rule, in the words of either profile."""
    return Refusal(code, message, banner=ora(message))


def malformed(name: str, wanted: str) -> Refusal:
    """A value of the wrong form."""
    return Refusal(SCHEMA_ERROR, f"The property '{name}' must be {wanted}.")


def missing(name: str) -> Refusal:
    """A property without which there is no record."""
    message = f"The property '{name}' is required."
    return Refusal("Missing.Required.Property", message, banner=ora(f"{name} is required."))


def key_in(books: Books, resource: str, value: object, name: str) -> str:
    """The key of the record that ``{"id": GUID}`` points at."""
    identifier = value.get("id") if isinstance(value, Mapping) else None
    if not isinstance(identifier, str):
        raise malformed(name, "an object with the id of a record")
    found = books.find(resource, identifier)
    if found is not None:
        return found[0]
    if identifier in books.by_guid:
        message = f"'{identifier}' of '{name}' is no GUID of {resource}."
        raise Refusal("GUID.Wrong.Type", message, banner=ora(f"{name} is not valid."))
    message = f"'{name}': no record of {resource} was found for GUID '{identifier}'."
    raise Refusal("GUID.Not.Found", message, banner=ora(f"{name} is not valid."))


def optional_key(books: Books, resource: str, value: object, name: str) -> str:
    """The same, blank for null."""
    return "" if value is None else key_in(books, resource, value, name)


def items_of(value: object, name: str) -> Sequence[Mapping[str, Any]]:
    """A list of objects; none for null."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise malformed(name, "a list of objects")
    return value


def text_of(value: object, name: str) -> str:
    """A text; blank for null."""
    if value is not None and not isinstance(value, str):
        raise malformed(name, "a text")
    return value or ""


def date_of(value: object, name: str) -> str:
    """A date, or the date of a moment; blank for null."""
    text = text_of(value, name)
    try:
        return dt.date.fromisoformat(text[:LENGTH_OF_DATE]).isoformat() if text else ""
    except ValueError as error:
        raise malformed(name, "a date") from error


def count_of(value: object, name: str) -> str:
    """A whole number from 0 as a text; blank for null."""
    if value is None:
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool) or value != int(value) or value < 0:
        raise malformed(name, "a whole number from 0")
    return str(int(value))


def amount_of(value: object, name: str) -> str:
    """A number from 0 without needless zeros; blank for null."""
    if value is None:
        return ""
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise malformed(name, "a number from 0")
    return f"{Decimal(str(value)).normalize():f}"
