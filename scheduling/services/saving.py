"""Saving sections, one or hundreds of them in one transaction: what is read is read once for all.

The sections are locked and their versions compared; the phase and the merge settings are asked for every
field and action; the checks are judged before and after, one section after the other, each seeing those that
were saved before it. Then the rows and the audit are written and `section_saved` is sent. What one section
refuses leaves the others be: it is told as a `DomainError` in its place, and nothing of it was written.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from django.db import transaction

from phases.policy import Action, SectionFacts
from scheduling.domain.checks import (
    Check,
    CheckFailed,
    Finding,
    NumberTaken,
    Surroundings,
    findings,
    introduced,
)
from scheduling.domain.errors import DomainError, InvalidValue, NotFound
from scheduling.models import ChangeLog, Course, Instructor, Room, Section, Term
from scheduling.permissions import acting_user, check_action, check_fields
from scheduling.selectors import values_of_sections
from scheduling.signals import SavedRecord, section_saved
from scheduling.surroundings import Neighbourhood

from . import section_rows
from .audit import Author, Change, write_changes
from .field_locks import FieldLocks
from .foresight import Foresight, Planned, foresee
from .locking import locked_sections, section_seen
from .references import References
from .section_values import Values, blank_values, read_changes, room_ids
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody wants of a section. `section_id`: None for one to be made in `term`.

    `version`: the one that they saw (None: whatever it is); `reason`: of this one, for the audit.
    """

    changes: Mapping[str, object]
    section_id: int | None = None
    version: int | None = None
    term: Term | None = None
    reason: str = ""


@dataclass(kw_only=True, slots=True)
class _Draft:
    """A wish that was understood. `section`: None for a new one, of which `before` is all blank."""

    wish: Wish
    term: Term
    section: Section | None
    before: Values
    changed: Values

    @property
    def after(self) -> Values:
        """All values as they are to stand."""
        return {**self.before, **self.changed}

    @property
    def states(self) -> list[Values]:
        """What is judged: before and after."""
        return [self.after] if self.section is None else [self.before, self.after]

    @property
    def section_id(self) -> int | None:
        """None for a new one."""
        return None if self.section is None else self.section.pk

    @property
    def planned(self) -> Planned:
        """What the SIS will be asked to take."""
        return Planned(
            term_code=self.term.pk,
            section_id=self.section_id,
            sis_id=None if self.section is None else self.section.sis_id,
            changed=frozenset(self.changed),
        )


Outcome = Saved | DomainError


@transaction.atomic
def save_sections(wishes: Sequence[Wish], *, author: Author) -> list[Outcome]:
    """What became of each wish, in their order; no two are about one section.

    A refusal is one of `NotFound`, `StaleVersion`, `UnknownField`, `InvalidValue`, `Ambiguous`,
    `ActionRefused`, `FieldLocked`, `NumberTaken`, `CheckFailed`, `ConfirmationNeeded`. Raises `ActionRefused`
    where nobody signs. What it reads around the sections is read in as many queries for one as for hundreds.
    """
    return _Saving(wishes, author).outcomes(wishes)


class _Saving:
    """One call of `save_sections`."""

    def __init__(self, wishes: Sequence[Wish], author: Author) -> None:
        self.author = author
        self.actor = acting_user(author.user)
        self.sections = locked_sections([one.section_id for one in wishes if one.section_id is not None])
        self.states = values_of_sections(list(self.sections))
        terms = {one.term for one in self.sections.values()} | {one.term for one in wishes if one.term}
        self.locks = FieldLocks(terms={one.pk for one in terms}, at=author.now, user_id=self.actor.user_id)
        self.references: References
        self.foresight: Foresight
        self.around: dict[str, Neighbourhood] = {}
        self.parts: dict[int, Values] = {}
        self.audit: list[Change] = []
        self.told: dict[str, list[SavedRecord]] = defaultdict(list)

    def outcomes(self, wishes: Sequence[Wish]) -> list[Outcome]:
        """Read all, lock what they could clash in, then judge and write one after the other."""
        read = [_tried(self._read, one) for one in wishes]
        self.references = References(
            [(one.term, one.before, one.changed) for one in read if isinstance(one, _Draft)]
        )
        granted = [_tried(self._granted, one) if isinstance(one, _Draft) else one for one in read]
        drafts = [one for one in granted if isinstance(one, _Draft)]
        self._look_around(drafts)
        self.foresight = foresee([one.planned for one in drafts], now=self.author.now)
        found = [_tried(self._save, one) if isinstance(one, _Draft) else one for one in granted]
        section_rows.write_parts(self.parts)
        write_changes(self.audit, author=self.author)
        for term_code, records in self.told.items():
            tell(term_code, records, author=self.author)
        return found

    # ---- understanding a wish

    def _read(self, wish: Wish) -> _Draft | Saved:
        """What is wanted in canonical form; a change that changes nothing is saved already."""
        if wish.section_id is None:
            return self._read_new(wish)
        section = section_seen(self.sections, wish.section_id, version=wish.version)
        before = self.states[section.pk].values
        changed = read_changes(wish.changes, fields=self.locks.fields, term=section.term, before=before)
        if not changed:
            return Saved(section_id=section.pk, version=section.version, changed=())
        return _Draft(wish=wish, term=section.term, section=section, before=before, changed=changed)

    def _read_new(self, wish: Wish) -> _Draft:
        fields, term = self.locks.fields, wish.term
        if term is None:
            raise NotFound("A new section needs a term.")
        blank = blank_values(fields)
        given = read_changes({"status": "ACTIVE", **wish.changes}, fields=fields, term=term, before=blank)
        for field in fields:
            if field.is_required and field.name not in given:
                raise InvalidValue(f"{field.label} must not be blank.", field.name)
        return _Draft(wish=wish, term=term, section=None, before=blank, changed=given)

    # ---- may it be

    def _granted(self, draft: _Draft) -> _Draft:
        """`draft`, if the person may and what it refers to is there."""
        departments = self.references.departments(draft.term, *draft.states)
        facts = SectionFacts(section_id=draft.section_id, departments=departments)
        wanted = set(draft.changed)
        if draft.section is None:
            self._check_action(draft, facts, Action.CREATE_SECTION)
            wanted -= CHOSEN_AT_CREATION
        sis_id = None if draft.section is None else draft.section.sis_id
        locked = self.locks.of_section(actor=self.actor, term_code=draft.term.pk, facts=facts, sis_id=sis_id)
        if draft.section is not None and draft.changed.get("status") == Section.Status.CANCELLED:
            # Cancelling is an action; only the SIS can lock it.
            self._check_action(draft, facts, Action.CANCEL_SECTION)
            from_sis = self.locks.sources.of_section(draft.term.pk, sis_id)
            locked = {name: why for name, why in locked.items() if name != "status" or name in from_sis}
        check_fields(locked, [name for name in draft.changed if name in wanted])
        self.references.check(draft.changed, draft.before, draft.term)
        return draft

    def _check_action(self, draft: _Draft, facts: SectionFacts, action: Action) -> None:
        check_action(policy=self.locks.policies[draft.term.pk], actor=self.actor, action=action, facts=facts)

    # ---- judging and writing

    def _look_around(self, drafts: Sequence[_Draft]) -> None:
        """Lock what the drafts could clash in, then read what stands around them."""
        by_term: dict[Term, list[_Draft]] = defaultdict(list)
        for one in drafts:
            by_term[one.term].append(one)
        for term in sorted(by_term, key=lambda one: one.pk):
            clashing = [one.after for one in by_term[term] if CLASHING & one.changed.keys()]
            if clashing:
                lock_what_can_clash(clashing, term)
        for term, wanted in by_term.items():
            ids = [one.section_id for one in wanted if one.section_id is not None]
            states = [state for one in wanted for state in one.states]
            self.around[term.pk] = Neighbourhood(term, ids, states)

    def _save(self, draft: _Draft) -> Saved:
        section, changed, after = draft.section, draft.changed, draft.after
        found = self._judged(draft)
        if section is None:
            pk, version = section_rows.insert(draft.term.pk, after), 1
            action = ChangeLog.Action.CREATE
            self.audit.append(self._change(draft, pk, version, action, after=after))
        else:
            found += tuple(students_touched(section, draft.before, changed, author=self.author))
            pk, version = section.pk, section_rows.update(section, changed, after)
            action = ChangeLog.Action.UPDATE
            for name, value in changed.items():
                is_cancelled = (name, value) == ("status", "CANCELLED")
                one = ChangeLog.Action.CANCEL if is_cancelled else ChangeLog.Action.UPDATE
                action = one if is_cancelled else action
                before = draft.before.get(name)
                self.audit.append(
                    self._change(draft, pk, version, one, field=name, before=before, after=value)
                )
        self.parts[pk] = changed
        self.around[draft.term.pk].moved(pk, after)
        self.told[draft.term.pk].append(SavedRecord(record_id=pk, version=version, action=action))
        return Saved(section_id=pk, version=version, changed=tuple(changed), findings=found)

    def _judged(self, draft: _Draft) -> tuple[Finding, ...]:
        """What the checks find. Raises `NumberTaken` or `CheckFailed` for errors that are new."""
        around = self.around[draft.term.pk].around(draft.section_id, draft.states)
        found = self._found(draft, draft.after, around)
        new = introduced(self._found(draft, draft.before, around) if draft.section is not None else (), found)
        if new:
            taken = tuple(one for one in new if one.code == Check.NUMBER_TAKEN)
            error = NumberTaken if taken else CheckFailed
            shown = taken or new
            sentence = " ".join(one.message for one in shown)
            raise error(sentence, shown[0].field, findings=found, introduced=new)
        return found

    def _found(self, draft: _Draft, values: Values, around: Surroundings) -> tuple[Finding, ...]:
        return (*findings(values, around), *self.foresight.refusals(draft.planned, values, around))

    def _change(self, draft: _Draft, pk: int, version: int, action: str, **values: Any) -> Change:
        return Change(
            action=action,
            record_type="section",
            record_id=str(pk),
            term_code=draft.term.pk,
            version=version,
            reason=draft.wish.reason,
            **{name: msgspec.to_builtins(value) for name, value in values.items()},
        )


Given = TypeVar("Given")
Found = TypeVar("Found")


def _tried(step: Callable[[Given], Found], given: Given) -> Found | DomainError:
    """What a step makes of it, or why not."""
    try:
        return step(given)
    except DomainError as refusal:
        return refusal


def lock_what_can_clash(states: Collection[Values], term: Term) -> None:
    """Whoever else takes the same number, room or person now waits, so that two saves cannot both pass.

    `states`: sections as they will be. One call for all that a transaction saves keeps it from deadlocks.
    """
    people = {one.instructor for after in states for one in after.get("instructors") or ()}
    rooms = room_ids(one for after in states for one in after.get("meetings") or ()).values()
    for rows in (
        Course.objects.filter(term=term, sis_id__in={after["course"] for after in states}),
        Room.objects.filter(pk__in=rooms),
        Instructor.objects.filter(pk__in=people),
    ):
        list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


def tell(term_code: str, records: Sequence[SavedRecord], *, author: Author) -> None:
    """Let others know, in the same transaction."""
    section_saved.send(sender=Section, term=term_code, records=records, now=author.now)
