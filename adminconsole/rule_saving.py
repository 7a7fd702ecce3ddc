"""Changes of phases, roles, timelines and exemptions go into the audit as a person's."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

from phases.services.recording import Record, RuleChange
from scheduling.models import ChangeLog, User
from scheduling.services.audit import Author, Change, write_changes


def author_of(user: User, *, now: dt.datetime) -> Author:
    """`user`, who changes something on a page."""
    return Author(now=now, source=ChangeLog.Source.FORM, user=user)


def recorder(author: Author) -> Record:
    """What the services of phases are to record their changes with."""

    def record(changes: Sequence[RuleChange]) -> None:
        write_changes([Change(**asdict(one)) for one in changes], author=author)

    return record
