"""Advisory locks of a database session: held by a process, free the moment it dies.

A lock is a pair of numbers: a class, which says what kind of work it stands for, and a key, which says which.
"""

import contextlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connection

HELD = """EXISTS (
    SELECT 1 FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 2
        AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        AND k.classid::bigint = %(lock_class)s AND k.objid::bigint = {key})"""
"""SQL: whether a process holds the lock of `{key}` (a bigint, 0 or more)."""


def key_of(name: str) -> int:
    """A key (31 bits) for what has a name and no number."""
    return zlib.crc32(name.encode()) & 0x7FFFFFFF


@contextmanager
def try_lock(lock_class: int, key: int) -> Iterator[bool]:
    """Hold a lock while the block runs, if it is free; yields whether it was. Waits for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [lock_class, key])
        is_ours = bool(cursor.fetchone()[0])
    try:
        yield is_ours
    finally:
        # Where the connection broke the lock is free already, and what broke it must not be hidden.
        if is_ours:
            with contextlib.suppress(Error), connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [lock_class, key])


def is_held(lock_class: int, key: int) -> bool:
    """Whether a process (this one too) holds the lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {HELD.format(key='%(key)s')}",
            {"lock_class": lock_class, "key": key},
        )
        return bool(cursor.fetchone()[0])
