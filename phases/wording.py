"""The sentences of the policy: what is locked, in which phase, until when, and who may. Pure.

Each begins with what it is about, so that a page can group the fields that share a reason.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from phases.rules import Exemption, RoleRules

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Not asked of the machine, whose language may differ."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What is asked about: the parts of its sentences.

    `head`: how a refusal begins; `deed`: what a role would let somebody do; `may`: what others may do;
    `yes`: what one may do oneself; `no_department`: how to say that no single department is meant.
    """

    head: str
    yes: str
    for_you: str = ""
    deed: str = ""
    may: str = "may"
    no_department: str = "for a course of no department"


def of_field(label: str, *, is_plural: bool = False) -> Subject:
    """The subject of a field's sentences."""
    verb, it = ("are", "them") if is_plural else ("is", "it")
    return Subject(
        head=f"{label} {verb} locked",
        yes=f"You may change {it}",
        for_you=" for you",
        deed=" edit sections",
        may=f"may change {it}",
    )


def of_action(words: str) -> Subject:
    """The subject of an action's sentences; `words`: what one would do."""
    return Subject(head=f"You may not {words}", yes=f"You may {words}")


def of_permission(words: str) -> Subject:
    """The subject of a permission's sentences; `words`: what one would do."""
    return Subject(
        head=f"You may not {words}", yes=f"You may {words}", no_department="for the whole institution"
    )


def moment_words(at: dt.datetime, zone: dt.tzinfo) -> str:
    """``12 Jan 2027`` in `zone`, and the time unless it is midnight."""
    moment = at.astimezone(zone)
    day = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    return day if moment.time() == dt.time() else f"{day}, {moment:%H:%M}"


def listed(names: Iterable[str], last: str) -> str:
    """``a, b and c``, with `last` before the last one."""
    found = list(names)
    return f" {last} ".join([", ".join(found[:-1]), found[-1]] if len(found) > 1 else found)


def named(roles: Iterable[RoleRules]) -> str:
    """``role Viewer``, ``roles Instructor and Viewer``."""
    names = sorted(role.name for role in roles)
    return f"{'role' if len(names) == 1 else 'roles'} {listed(names, 'and')}"


def who_may(
    subject: Subject, roles: Iterable[RoleRules], *, openers: Iterable[RoleRules], place: str = ""
) -> str:
    """``the Registrar may change it``; where no role may, who could open it.

    `place`: for which departments, where only those stand in the way.
    """
    may = list(roles)
    if may:
        names = listed((f"the {role.name}" for role in may), "or" if place else "and")
        return f"{names}{place} {subject.may}"
    could = listed((f"the {role.name}" for role in openers), "or")
    return f"no role {subject.may}; " + (f"{could} may change the phases" if could else "ask the registrar")


def place_of(department: str | None) -> str:
    """For which departments somebody has to have a role; None: no single one is meant."""
    return " for all departments" if department is None else f" for {department}"


def allowed(subject: Subject, names: Iterable[str]) -> str:
    """By which roles one may."""
    return f"{subject.yes} as {listed(sorted(names), 'and')}."


def exempted(subject: Subject, exemption: Exemption, zone: dt.tzinfo) -> str:
    """By which exemption one may, and until when."""
    return f"{subject.yes} until {moment_words(exemption.until, zone)} by exemption: {exemption.reason}"


def kept_by_sis(label: str, *, is_plural: bool = False) -> str:
    """Why nobody edits a field of the SIS."""
    verb, it = ("are", "they are") if is_plural else ("is", "it is")
    return f"{label} {verb} kept by the SIS; {it} changed there."


def without_role(subject: Subject, who: str) -> str:
    """Nothing that the person holds is a role the rules know."""
    return f"{subject.head}{subject.for_you}: your account has no role; {who}."


def not_given(subject: Subject, held: Iterable[RoleRules], who: str) -> str:
    """None of the person's roles gives the permission."""
    roles = sorted(held, key=lambda role: role.name)
    verb = "does" if len(roles) == 1 else "do"
    return f"{subject.head}{subject.for_you}: your {named(roles)} {verb} not let you{subject.deed}; {who}."


def denied(subject: Subject, denying: Iterable[RoleRules], who: str) -> str:
    """A role of the person denies it, whatever the others allow."""
    roles = sorted(denying, key=lambda role: role.name)
    verb = "denies" if len(roles) == 1 else "deny"
    return f"{subject.head}{subject.for_you}: your {named(roles)} {verb} it; {who}."


def elsewhere(
    subject: Subject,
    *,
    department: str | None,
    held: Iterable[tuple[RoleRules, frozenset[str]]],
    who: str,
) -> str:
    """The person's roles give it in other departments only."""
    where = f"in {department}" if department is not None else subject.no_department
    roles = listed(
        sorted(
            f"your role {role.name} is for {listed(sorted(codes), 'and') if codes else 'no department'}"
            for role, codes in held
        ),
        "and",
    )
    return f"{subject.head}{subject.for_you} {where}: {roles}; {who}."


def locked(
    subject: Subject,
    *,
    phase: str | None,
    held: Iterable[RoleRules],
    opens_at: dt.datetime | None,
    ends_at: dt.datetime | None,
    zone: dt.tzinfo,
    who: str,
) -> str:
    """The phase locks it, or the role's default does and no phase opens it.

    `opens_at`: the switch at which it opens for this person; `ends_at`: where the phase ends.
    """
    if opens_at is not None:
        until = f" until {moment_words(opens_at, zone)}"
    elif ends_at is not None and phase is not None:
        until = f", which lasts until {moment_words(ends_at, zone)}"
    else:
        until = ""
    place = f" in {phase}" if phase is not None else f" for your {named(held)}"
    return f"{subject.head}{place}{until}; {who}."
