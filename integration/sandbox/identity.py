"""How records of the sandbox are named: GUIDs that are the same at every start, and numbers the SIS gives."""

import uuid
from collections.abc import Iterable
from functools import cache

NAMESPACE = uuid.UUID("7d4c1a52-6f0b-4e0f-9a35-2b7f3f1f5f10")
NIL = "00000000-0000-0000-0000-000000000000"
LENGTH_OF_GUID = 36
WIDTH = 5


@cache
def guid(resource: str, key: str) -> str:
    """The GUID of the record of `resource` that the institution knows as `key`."""
    return str(uuid.uuid5(NAMESPACE, f"{resource}/{key}"))


def is_guid(text: object) -> bool:
    """Whether `text` has the form of a GUID."""
    if not isinstance(text, str) or len(text) != LENGTH_OF_GUID:
        return False
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def next_number(keys: Iterable[str]) -> str:
    """A number after the last of `keys`, in its form: S009 -> S010."""
    last = max(keys, default="0" * WIDTH)
    prefix = last.rstrip("0123456789")
    digits = last.removeprefix(prefix)
    return prefix + str(int(digits or 0) + 1).zfill(len(digits))
