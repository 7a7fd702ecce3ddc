"""The one way in which people change sections: create, update, cancel, delete.

Every change is one transaction: the section is locked and its version compared, the values are read, the
phase and the merge settings asked for every field and action, the checks judged before and after, the rows
and the audit written, and `section_saved` sent. A refusal is a `DomainError` with a sentence; then nothing
was written. A change that changes nothing writes nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec
from django.db import transaction

from phases.policy import Action, Actor, SectionFacts
from phases.selectors import policy_for
from scheduling.domain.checks import Check, CheckFailed, Finding, NumberTaken, findings, introduced
from scheduling.domain.errors import ActionRefused, InvalidValue
from scheduling.models import ChangeLog, Course, Instructor, Room, Section, Term
from scheduling.permissions import acting_user, check_action, check_fields
from scheduling.selectors import values_of_sections
from scheduling.signals import section_saved
from scheduling.surroundings import surroundings

from . import section_rows
from .audit import Author, Change, write_changes
from .field_locks import FieldLocks
from .locking import locked_section, term_of
from .relationships import leave_groups
from .section_values import Values, blank_values, check_references, read_changes, room_ids
from .students import students_touched

CHOSEN_AT_CREATION = frozenset({"course", "section_number", "status"})
"""What no section can be made without: who may create one may choose these."""
CLASHING = frozenset({"course", "section_number", "status", "meetings", "instructors"})
"""Fields by which a section can clash with another one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Saved:
    """A section as saved: what changed, and what the checks find in it (warnings, and what stood before)."""

    section_id: int
    version: int
    changed: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


@transaction.atomic
def create_section(term_code: str, values: Mapping[str, object], *, author: Author) -> Saved:
    """Make a section with these values (field -> value; active unless said otherwise).

    Raises `NotFound` (term), `UnknownField`, `InvalidValue`, `Ambiguous`, `ActionRefused`, `FieldLocked`,
    `NumberTaken`, `CheckFailed`.
    """
    actor = acting_user(author.user)
    term = term_of(term_code)
    locks = FieldLocks(terms=[term.pk], at=author.now, user_id=actor.user_id)
    blank = blank_values(locks.fields)
    given = read_changes({"status": "ACTIVE", **values}, fields=locks.fields, term=term, before=blank)
    for field in locks.fields:
        if field.is_required and field.name not in given:
            raise InvalidValue(f"{field.label} must not be blank.", field.name)
    after = {**blank, **given}
    facts = SectionFacts(departments=_departments(term, given))
    check_action(policy=locks.policies[term.pk], actor=actor, action=Action.CREATE_SECTION, facts=facts)
    _check_fields(given.keys() - CHOSEN_AT_CREATION, actor, term, facts, locks=locks, sis_id=None)
    check_references(given, blank, term)
    found = _judge(None, None, after, given.keys(), term)
    section_id = section_rows.insert(term.pk, after)
    change = Change(
        action=ChangeLog.Action.CREATE,
        record_type="section",
        record_id=str(section_id),
        term_code=term.pk,
        version=1,
        after=msgspec.to_builtins(after),
    )
    write_changes([change], author=author)
    _tell(section_id, term.pk, 1, ChangeLog.Action.CREATE, author)
    return Saved(section_id=section_id, version=1, changed=tuple(given), findings=found)


@transaction.atomic
def update_section(
    section_id: int,
    changes: Mapping[str, object],
    *,
    author: Author,
    version: int | None = None,
    locks: FieldLocks | None = None,
) -> Saved:
    """Change fields of a section. `version`: the one that the author saw (None: whatever it is).

    `locks`: the author's, where one transaction read them for many sections. Cancelling it this way asks for
    the action, as `cancel_section` does. Raises `NotFound`, `StaleVersion`, `UnknownField`, `InvalidValue`,
    `Ambiguous`, `ActionRefused`, `FieldLocked`, `NumberTaken`, `CheckFailed`, `ConfirmationNeeded`.
    """
    actor = acting_user(author.user)
    section = locked_section(section_id, version=version)
    term, before = section.term, values_of_sections([section_id])[section_id].values
    locks = locks or FieldLocks(terms=[term.pk], at=author.now, user_id=actor.user_id)
    changed = read_changes(changes, fields=locks.fields, term=term, before=before)
    if not changed:
        return Saved(section_id=section_id, version=section.version, changed=())
    facts = SectionFacts(section_id=section_id, departments=_departments(term, before, changed))
    _check_fields(changed, actor, term, facts, locks=locks, sis_id=section.sis_id)
    check_references(changed, before, term)
    after = {**before, **changed}
    found = _judge(section_id, before, after, changed, term)
    told = students_touched(section, before, changed, author=author)
    new_version = section_rows.update(section, changed, after)
    _audit_update(section, before, changed, new_version, author)
    is_cancelled = changed.get("status") == Section.Status.CANCELLED
    action = ChangeLog.Action.CANCEL if is_cancelled else ChangeLog.Action.UPDATE
    _tell(section_id, term.pk, new_version, action, author)
    return Saved(section_id=section_id, version=new_version, changed=tuple(changed), findings=(*found, *told))


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
    before = values_of_sections([section_id])[section_id].values
    leave_groups(section_id, author=author)
    _tell(section_id, section.term_id, section.version, ChangeLog.Action.DELETE, author)
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
    return (
        f"{section} has {count} {'student' if count == 1 else 'students'} enrolled; a section with students "
        "is never deleted. Cancel it instead."
    )


def _departments(term: Term, *states: Values) -> frozenset[str | None]:
    """The departments concerned: a change of course concerns the one it leaves and the one it joins."""
    courses = {state["course"] for state in states if "course" in state}
    found = Course.objects.filter(term=term, sis_id__in=courses).values_list("department_id", flat=True)
    return frozenset(found)


def _check_fields(
    wanted: Collection[str] | Values,
    actor: Actor,
    term: Term,
    facts: SectionFacts,
    *,
    locks: FieldLocks,
    sis_id: str | None,
) -> None:
    """Raise unless every wanted field may be changed. Cancelling is an action; only the SIS can lock it."""
    locked = locks.of_section(actor=actor, term_code=term.pk, facts=facts, sis_id=sis_id)
    if isinstance(wanted, Mapping) and wanted.get("status") == Section.Status.CANCELLED:
        check_action(policy=locks.policies[term.pk], actor=actor, action=Action.CANCEL_SECTION, facts=facts)
        from_sis = locks.sources.of_section(term.pk, sis_id)
        locked = {name: why for name, why in locked.items() if name != "status" or name in from_sis}
    check_fields(locked, wanted)


def _judge(
    section_id: int | None, before: Values | None, after: Values, changed: Collection[str], term: Term
) -> tuple[Finding, ...]:
    """What the checks find in `after`. Raises `NumberTaken` or `CheckFailed` for errors it introduces."""
    if CLASHING & set(changed):
        _lock_what_can_clash(after, term)
    states = [after] if before is None else [before, after]
    around = surroundings(section_id, states, term=term)
    found = findings(after, around)
    new = introduced(findings(before, around) if before is not None else (), found)
    if new:
        taken = tuple(one for one in new if one.code == Check.NUMBER_TAKEN)
        error = NumberTaken if taken else CheckFailed
        shown = taken or new
        sentence = " ".join(one.message for one in shown)
        raise error(sentence, shown[0].field, findings=found, introduced=new)
    return found


def _lock_what_can_clash(after: Values, term: Term) -> None:
    """Whoever else takes the same number, room or person now waits, so that two saves cannot both pass."""
    people = [one.instructor for one in after.get("instructors") or ()]
    rooms = room_ids(after.get("meetings") or ()).values()
    for rows in (
        Course.objects.filter(term=term, sis_id=after["course"]),
        Room.objects.filter(pk__in=rooms),
        Instructor.objects.filter(pk__in=people),
    ):
        list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def _audit_update(section: Section, before: Values, changed: Values, version: int, author: Author) -> None:
    changes = (
        Change(
            action=ChangeLog.Action.CANCEL
            if (name, value) == ("status", "CANCELLED")
            else ChangeLog.Action.UPDATE,
            record_type="section",
            record_id=str(section.pk),
            term_code=section.term_id,
            version=version,
            field=name,
            before=msgspec.to_builtins(before.get(name)),
            after=msgspec.to_builtins(value),
        )
        for name, value in changed.items()
    )
    write_changes(changes, author=author)


def _tell(section_id: int, term_code: str, version: int, action: str, author: Author) -> None:
    section_saved.send(
        sender=Section, term=term_code, record_id=section_id, version=version, action=action, now=author.now
    )
