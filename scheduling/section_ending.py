"""Cancelling a section, making it active again, deleting it: what it means, and whether somebody may."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from phases.policy import Action, Policy, SectionFacts
from scheduling.domain.errors import ConfirmationNeeded, DomainError
from scheduling.models import ChangeLog, RelationshipMember, Section, User
from scheduling.services import sections
from scheduling.services.audit import Author
from scheduling.services.previewing import previewed
from scheduling.visibility import Viewer

CANCEL, ACTIVATE, DELETE = "cancel", "activate", "delete"
ADVICE = "Delete a section before the schedule is published; cancel it afterwards."


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """`name`: in addresses; `words`: on its button; `done`: what is said afterwards."""

    name: str
    words: str
    done: str


DEEDS = {
    CANCEL: Deed(name=CANCEL, words="Cancel the section", done="is cancelled"),
    ACTIVATE: Deed(name=ACTIVATE, words="Make it active again", done="is active again"),
    DELETE: Deed(name=DELETE, words="Delete the section", done="is deleted"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """What a deed would do. `refusal`: why it cannot be done, blank where it can; `students`: to be asked."""

    effects: Sequence[str]
    refusal: str = ""
    students: int = 0


def deeds_of(section: Section) -> list[Deed]:
    """The deeds that there are for a section as it stands."""
    is_active = section.status == Section.Status.ACTIVE
    return [DEEDS[CANCEL if is_active else ACTIVATE], DEEDS[DELETE]]


def refusal_of(deed: Deed, section: Section, viewer: Viewer, policy: Policy) -> str:
    """Why `viewer` cannot do it, for a button: role, phase or students; blank where they can."""
    facts = SectionFacts(section_id=section.pk, departments=frozenset([section.course.department_id]))
    if deed.name == ACTIVATE:
        decision = policy.field(viewer, facts, "status")
    else:
        action = Action.CANCEL_SECTION if deed.name == CANCEL else Action.DELETE_SECTION
        decision = policy.action(viewer, facts, action)
    if decision.is_allowed and deed.name == DELETE and section.enrollment:
        return sections.never_deleted(section)
    return "" if decision.is_allowed else decision.reason


def refusal_to_create(section: Section, viewer: Viewer, policy: Policy) -> str:
    """Why `viewer` may not make another section of this course; blank where they may."""
    facts = SectionFacts(departments=frozenset([section.course.department_id]))
    decision = policy.action(viewer, facts, Action.CREATE_SECTION)
    return "" if decision.is_allowed else decision.reason


def outlook(deed: Deed, section: Section, *, user: User, now: dt.datetime) -> Outlook:
    """What the deed would do, found by trying it and taking it back."""
    if deed not in deeds_of(section):
        return Outlook(effects=(), refusal=f"{section} {deed.done} already.")
    effects = _effects(deed, section)
    author = Author(now=now, source=ChangeLog.Source.FORM, user=user)
    try:
        previewed(lambda: carry_out(deed, section, author=author, version=None))
    except ConfirmationNeeded as asked:
        return Outlook(effects=effects, students=asked.students)
    except DomainError as error:
        return Outlook(effects=effects, refusal=error.message)
    return Outlook(effects=effects)


def carry_out(deed: Deed, section: Section, *, author: Author, version: int | None) -> sections.Saved | None:
    """Do it; None: the section is gone. Raises what the write services raise."""
    if deed.name == CANCEL:
        return sections.cancel_section(section.pk, author=author, version=version)
    if deed.name == ACTIVATE:
        return sections.update_section(section.pk, {"status": "ACTIVE"}, author=author, version=version)
    sections.delete_section(section.pk, author=author, version=version)
    return None


def _effects(deed: Deed, section: Section) -> list[str]:
    """What it means, in sentences."""
    is_in_sis = section.sis_id is not None
    if deed.name == CANCEL:
        told = [f"{section} stays in the schedule as cancelled, with its meetings; its number becomes free."]
        sis = "It is cancelled in the SIS too, when it is next sent."
    elif deed.name == ACTIVATE:
        told = [f"{section} is active again, with its meetings and its number."]
        sis = "The SIS is told when it is next sent."
    else:
        told = [f"{section} is gone from Tandem, with its meetings and instructors.", *_groups_left(section)]
        sis = "It is deleted or cancelled in the SIS too, as the merge settings say."
    return [*told, sis if is_in_sis else "It is not in the SIS yet, so nothing is sent."]


def _groups_left(section: Section) -> list[str]:
    mine = RelationshipMember.objects.filter(section=section).values("relationship_id")
    others = RelationshipMember.objects.filter(relationship_id__in=mine).exclude(section=section)
    count = others.count()
    if not count:
        return []
    return [f"It leaves its group with {count} other section{'' if count == 1 else 's'}."]
