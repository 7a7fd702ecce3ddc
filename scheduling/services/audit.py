"""Writing the audit trail, one row or thousands."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from scheduling.models import ChangeLog, User

from .copying import Json, copy_rows

COLUMNS = (
    "at",
    "actor_id",
    "actor_name",
    "source",
    "action",
    "record_type",
    "record_id",
    "term_code",
    "version",
    "field",
    "before",
    "after",
    "reason",
    "rule",
    "run_id",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One audit row to be. `before` and `after` are JSON-ready; None is a blank.

    `reason`: of this change, where it is not the author's.
    """

    action: str
    record_type: str
    record_id: str
    term_code: str = ""
    version: int | None = None
    field: str = ""
    before: Any = None
    after: Any = None
    rule: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who changes something, by which door, why, and when (`now`, an aware moment).

    `confirmed_students`: how many enrolled students the person was told of and said yes to.
    """

    now: dt.datetime
    source: str
    user: User | None = None
    name: str = ""
    reason: str = ""
    run_id: int | None = None
    confirmed_students: int = 0

    @property
    def shown_name(self) -> str:
        """The name for the audit: the user's, or the system's part."""
        return self.user.get_username() if self.user is not None else self.name


def write_changes(changes: Iterable[Change], *, author: Author) -> int:
    """Append one `ChangeLog` row for each of `changes`; return how many."""
    user_id = author.user.pk if author.user is not None else None
    return copy_rows(
        ChangeLog._meta.db_table,
        COLUMNS,
        (
            (
                author.now.isoformat(),
                user_id,
                author.shown_name,
                author.source,
                change.action,
                change.record_type,
                change.record_id,
                change.term_code,
                change.version,
                change.field,
                None if change.before is None else Json(change.before),
                None if change.after is None else Json(change.after),
                change.reason or author.reason,
                change.rule,
                author.run_id,
            )
            for change in changes
        ),
    )
