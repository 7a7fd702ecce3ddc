"""The form of a group: what somebody typed, made safe, and the sections that are meant by it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.http import QueryDict

from scheduling.crosslist_facts import Group
from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import CROSSLIST, RELATIONSHIP_CAPACITY
from scheduling.domain.values import is_storable, whole_number
from scheduling.models import Section, Term
from scheduling.section_words import called
from scheduling.visibility import Viewer, visible_departments, visible_sections

PLACES = 3
"""Fields for more sections; each holds several with commas between them."""
LONGEST = 200
MOST_CODES = 60
ELSEWHERE = " among those you may see (one of another department is added by who schedules for both)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What the form holds. `primary`: an id of a section, ``new-0`` for the first of `added`, blank for none.

    `version`: the one of the group that was looked at.
    """

    kind: str = CROSSLIST
    kept: tuple[int, ...] = ()
    added: tuple[str, ...] = ("",) * PLACES
    primary: str = ""
    capacity: str = ""
    version: int | None = None

    @property
    def places(self) -> list[tuple[str, str]]:
        """(value of its choice as primary, text) of each field for more sections."""
        return [(f"new-{number}", text) for number, text in enumerate(self.added)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """The group that is meant. `problems`: id of the field -> why it is not understood."""

    members: tuple[int, ...] = ()
    primary: int | None = None
    capacity: int | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def draft_of(group: Group) -> Draft:
    """The form of a group as it stands."""
    primary, capacity = group.primary, group.relationship.capacity
    return Draft(
        kind=group.relationship.kind,
        kept=tuple(one.section.pk for one in group.members),
        primary="" if primary is None else str(primary.section.pk),
        capacity="" if capacity is None else str(capacity),
        version=group.relationship.version,
    )


def read_draft(sent: QueryDict, *, kind: str) -> Draft:
    """What was typed. Text that cannot be stored and numbers that are none are left out."""
    added = [_text(one) for one in sent.getlist("add")[: 2 * PLACES]]
    return Draft(
        kind=kind,
        kept=tuple(_numbers(sent.getlist("member"))),
        added=tuple(added + [""] * (PLACES - len(added))),
        primary=_text(sent.get("primary", "")),
        capacity=_text(sent.get("capacity", "")),
        version=next(_numbers([sent.get("version", "")]), 0),
    )


def _text(value: str) -> str:
    return value.strip()[:LONGEST] if is_storable(value) else ""


def _numbers(values: Sequence[str]) -> Iterator[int]:
    return (int(one) for one in values if re.fullmatch(r"[0-9]{1,9}", one))


def wanted(draft: Draft, term: Term, actor: Viewer) -> Wanted:
    """The sections, primary and capacity that a draft means."""
    problems: dict[str, str] = {}
    sections = visible_sections(actor).filter(term=term).select_related("course")
    seen = set(sections.filter(pk__in=draft.kept).values_list("pk", flat=True))
    members = [pk for pk in draft.kept if pk in seen]
    firsts: dict[str, int | None] = {}
    ending = "" if visible_departments(actor) is None else ELSEWHERE
    for place, text in draft.places:
        try:
            found = [_section(code, term, sections, ending) for code in _codes(text)]
        except InvalidValue as refusal:
            problems[f"id_{place}"] = refusal.message
            continue
        firsts[place] = found[0] if found else None
        members += [pk for pk in found if pk not in members]
    primary = _primary(draft.primary, firsts)
    capacity = None
    try:
        capacity = whole_number(RELATIONSHIP_CAPACITY, draft.capacity)
    except InvalidValue as refusal:
        problems["id_capacity"] = refusal.message
    return Wanted(members=tuple(members), primary=primary, capacity=capacity, problems=problems)


def _primary(choice: str, firsts: Mapping[str, int | None]) -> int | None:
    if choice in firsts:
        return firsts[choice]
    return next(_numbers([choice]), None)


def _codes(text: str) -> list[str]:
    return [code for part in re.split(r"[,;\n]", text) if (code := part.strip())][:MOST_CODES]


def _section(code: str, term: Term, sections: QuerySet[Section], ending: str) -> int:
    """The one section that `code` names, of those that one may see. Raises `InvalidValue`.

    `ending`: what to say besides to somebody who does not see all.
    """
    found = list(called(sections, code)[:5])
    if len(found) > 1:
        found = [one for one in found if one.status == Section.Status.ACTIVE] or found
    if not found:
        raise InvalidValue(
            f"There is no section “{code}” in {term}{ending}; give a CRN or a code like BIO-101-A.",
            "members",
        )
    if len(found) > 1:
        crns = ", ".join(one.crn or "no CRN yet" for one in found)
        raise InvalidValue(f"“{code}” may be any of {len(found)} sections; give a CRN: {crns}.", "members")
    return found[0].pk
