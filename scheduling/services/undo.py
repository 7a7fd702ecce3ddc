"""Taking back one's own last save of a section, while nobody has changed the section since.

It is a save like any other: the phase, the checks and enrolled students are asked again, and the history
tells of both.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from scheduling.domain.errors import ActionRefused, NotFound
from scheduling.domain.fields import CATALOGUE
from scheduling.models import ChangeLog, Section

from .audit import Author
from .sections import delete_section, update_section

KEPT_BY_SIS = ("sis_id", *(one.name for one in CATALOGUE if one.is_from_sis))
PEOPLES = (ChangeLog.Source.FORM, ChangeLog.Source.API, ChangeLog.Source.COMMAND)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LastSave:
    """The last save of a section. `refusal`: why somebody may not take it back; blank where they may.

    `was_made`: the save made the section. `before`, `after`: what it changed, by field.
    """

    version: int
    refusal: str
    was_made: bool = False
    before: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    after: Mapping[str, Any] = dataclasses.field(default_factory=dict)


def last_save(section: Section, user_id: int) -> LastSave:
    """The last save of `section` as `user_id` might take it back. One query.

    What the SIS keeps (its id, the crn, how many are enrolled) may have come since: that is no change of it.
    """
    of_section = ChangeLog.objects.filter(record_type="section", record_id=str(section.pk))
    newest = of_section.exclude(field__in=KEPT_BY_SIS).order_by("-id")
    rows = list(
        of_section.filter(version=newest.values("version")[:1], at=newest.values("at")[:1]).order_by("id")
    )
    return LastSave(
        version=section.version,
        refusal=_refusal(section, rows, user_id),
        was_made=any(row.action == ChangeLog.Action.CREATE for row in rows),
        before={row.field: row.before for row in rows if row.field},
        after={row.field: row.after for row in rows if row.field},
    )


def _refusal(section: Section, rows: Sequence[ChangeLog], user_id: int) -> str:
    if not rows or any(row.source not in PEOPLES for row in rows):
        return f"The last change of {section} came from the SIS, so there is nothing of yours to take back."
    if any(row.actor_id != user_id for row in rows):
        return f"{rows[0].actor_name} saved {section} last; only who made the last save may take it back."
    if section.sis_id is not None and any(row.action == ChangeLog.Action.CREATE for row in rows):
        return f"{section} is in the SIS already; cancel it instead."
    return ""


@transaction.atomic
def undo_last_save(section_id: int, *, author: Author, version: int) -> bool:
    """Take back the last save of the section, which is at `version`. Returns whether it is still there.

    Raises `NotFound`, `StaleVersion`, `ActionRefused`, and what `update_section` or `delete_section` raise.
    """
    section = Section.objects.select_related("course", "term").filter(pk=section_id).first()
    if section is None or author.user is None:
        raise NotFound(f"There is no section with the id {section_id}; it may have been removed.")
    last = last_save(section, author.user.pk)
    if last.refusal:
        raise ActionRefused(last.refusal)
    author = dataclasses.replace(author, reason=author.reason or "Took back the last save")
    if last.was_made:
        delete_section(section_id, author=author, version=version)
        return False
    update_section(section_id, last.before, author=author, version=version)
    return True
