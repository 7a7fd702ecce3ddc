"""Values in storable form, back again, and their fingerprint."""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from .records import Value, Values

_sorted_json = msgspec.json.Encoder(order="sorted").encode


def plain(value: Value) -> Any:
    """One value as JSON gives it back: structs as mappings, tuples as lists."""
    return [msgspec.to_builtins(item) for item in value] if type(value) is tuple else value


def encode(values: Values) -> dict[str, Any]:
    """JSON-ready form of `values`, equal to what is read back after storing it."""
    return {name: plain(value) for name, value in values.items()}


@cache
def _tuple_of(item: type) -> Any:
    return tuple[item, ...]  # type: ignore[valid-type]  # the item type is only known here


def decode(stored: Mapping[str, Any], *, structs: Mapping[str, type]) -> dict[str, Value]:
    """The opposite of `encode`; `structs` says which struct the items of a set field are."""
    return {
        name: msgspec.convert(value, _tuple_of(structs[name]))
        if name in structs and value is not None
        else value
        for name, value in stored.items()
    }


def fingerprint(values: Values) -> bytes:
    """16 bytes that are equal for equal content, whatever the order of the mapping."""
    return hashlib.blake2b(_sorted_json(values), digest_size=16).digest()
