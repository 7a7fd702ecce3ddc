"""What an exemption that is not granted yet would open."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from phases import rules
from phases.policy import Decision, SectionFacts
from phases.selectors import policy_for
from scheduling.domain.fields import Catalogue
from scheduling.models import Section, Term, User
from scheduling.selectors import actor_for


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A field of an exemption: what becomes of it, and why."""

    label: str
    opens: bool
    sentence: str


def what_it_opens(
    *,
    user: User,
    term: Term,
    section: Section | None,
    department: str | None,
    names: Sequence[str],
    until: dt.datetime,
    reason: str,
    now: dt.datetime,
    fields: Catalogue,
) -> list[Opened]:
    """Field by field, what the exemption would change now."""
    before = policy_for(term.pk, at=now, catalogue=fields, user_id=user.pk)
    granted = rules.Exemption(
        user_id=user.pk,
        fields=frozenset(names),
        since=now,
        until=until,
        reason=reason,
        section_id=section.pk if section else None,
        department=department,
    )
    after = replace(before, exemptions=(*before.exemptions, granted))
    code = section.course.department_id if section else department
    facts = SectionFacts(section_id=section.pk if section else None, departments=frozenset([code]))
    actor = replace(actor_for(user), user_id=user.pk)
    return [
        _opened(fields[name].label, before.field(actor, facts, name), after.field(actor, facts, name))
        for name in names
    ]


def _opened(label: str, was: Decision, will: Decision) -> Opened:
    if was.is_allowed:
        return Opened(label=label, opens=False, sentence=f"Editable already: {was.reason}")
    if will.is_allowed:
        return Opened(label=label, opens=True, sentence=f"Opened. Without it: {was.reason}")
    return Opened(label=label, opens=False, sentence=f"Stays locked: {will.reason}")
