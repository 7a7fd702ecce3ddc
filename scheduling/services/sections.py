"""The one way in which people change sections: create, update, cancel, delete.

Every change is one transaction (`scheduling.services.saving`). A refusal is a `DomainError` with a sentence;
then nothing was written. A change that changes nothing writes nothing.
"""

from collections.abc import Mapping

import msgspec
from django.db import transaction

from phases.policy import Action, SectionFacts
from phases.selectors import policy_for
from scheduling.domain.errors import ActionRefused
from scheduling.models import ChangeLog, Section
from scheduling.permissions import acting_user, check_action
from scheduling.selectors import section_state
from scheduling.signals import SavedRecord

from .audit import Author, Change, write_changes
from .locking import locked_section, term_of
from .relationships import leave_groups
from .saving import CHOSEN_AT_CREATION, Saved, Wish, save_sections, tell

__all__ = [
    "CHOSEN_AT_CREATION",
    "Saved",
    "cancel_section",
    "create_section",
    "delete_section",
    "never_deleted",
    "update_section",
]


def create_section(term_code: str, values: Mapping[str, object], *, author: Author) -> Saved:
    """Make a section with these values (field -> value; active unless said otherwise).

    Raises `NotFound` (term), `UnknownField`, `InvalidValue`, `Ambiguous`, `ActionRefused`, `FieldLocked`,
    `NumberTaken`, `CheckFailed`.
    """
    acting_user(author.user)
    return _saved(Wish(changes=values, term=term_of(term_code)), author)


def update_section(
    section_id: int, changes: Mapping[str, object], *, author: Author, version: int | None = None
) -> Saved:
    """Change fields of a section. `version`: the one that the author saw (None: whatever it is).

    Cancelling it this way asks for the action, as `cancel_section` does. Raises `NotFound`, `StaleVersion`,
    `UnknownField`, `InvalidValue`, `Ambiguous`, `ActionRefused`, `FieldLocked`, `NumberTaken`, `CheckFailed`,
    `ConfirmationNeeded`.
    """
    return _saved(Wish(section_id=section_id, changes=changes, version=version), author)


def _saved(wish: Wish, author: Author) -> Saved:
    (outcome,) = save_sections([wish], author=author)
    if isinstance(outcome, Saved):
        return outcome
    raise outcome


def cancel_section(section_id: int, *, author: Author, version: int | None = None) -> Saved:
    """Cancel a section: it stays, with its meetings, and frees its number. Raises as `update_section`."""
    return update_section(section_id, {"status": "CANCELLED"}, author=author, version=version)


@transaction.atomic
def delete_section(section_id: int, *, author: Author, version: int | None = None) -> None:
    """Remove a section; it leaves its relationships, and one that is left with a single member goes too.

    Raises `NotFound`, `StaleVersion`, `ActionRefused` (also where students are enrolled: registrars never
    delete such a section, DOMAIN.md).
    """
    actor = acting_user(author.user)
    section = locked_section(section_id, version=version, to_delete=True)
    check_action(
        policy=policy_for(section.term_id, at=author.now, catalogue=()),
        actor=actor,
        action=Action.DELETE_SECTION,
        facts=SectionFacts(section_id=section_id, departments=frozenset([section.course.department_id])),
    )
    if section.enrollment:
        raise ActionRefused(never_deleted(section))
    before = section_state(section_id).values
    leave_groups(section_id, author=author)
    record = SavedRecord(record_id=section_id, version=section.version, action=ChangeLog.Action.DELETE)
    tell(section.term_id, [record], author=author)
    change = Change(
        action=ChangeLog.Action.DELETE,
        record_type="section",
        record_id=str(section_id),
        term_code=section.term_id,
        before=msgspec.to_builtins(before),
    )
    write_changes([change], author=author)
    section.delete()


def never_deleted(section: Section) -> str:
    """Why a section with students cannot be deleted (DOMAIN.md)."""
    count = section.enrollment
    way_out = "" if section.status == Section.Status.CANCELLED else " Cancel it instead."
    return (
        f"{section} has {count} {'student' if count == 1 else 'students'} enrolled; a section with students "
        f"is never deleted.{way_out}"
    )
