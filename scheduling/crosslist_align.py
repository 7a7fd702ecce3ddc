"""Making all members meet like the primary: what was asked for, and what it would change in each section."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.http import QueryDict

from scheduling.crosslist_facts import Group, Member
from scheduling.domain.checks import Finding
from scheduling.domain.errors import ConfirmationNeeded, DomainError
from scheduling.domain.fields import CATALOGUE
from scheduling.services.aligning import ALIGNED, Aligned, NotAligned, align_members
from scheduling.services.audit import Author
from scheduling.services.previewing import previewed
from scheduling.services.students import STUDENTS_ENROLLED
from scheduling.showing import value_words


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was asked for. `versions`: section id -> the version that was shown; `students`: confirmed."""

    fields: tuple[str, ...]
    versions: Mapping[int, int]
    students: int = 0

    def signed(self, author: Author) -> Author:
        """`author`, who said yes to so many students."""
        return replace(author, confirmed_students=self.students)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One field of one member, now and then."""

    label: str
    now: str
    then: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberSteps:
    """A member, what would change in it, and why it may not (blank: it may)."""

    member: Member
    steps: Sequence[Step]
    refusal: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alignment:
    """The preview. `refusal`: why nothing can be done at all; `question`: what to say yes to before."""

    wish: Wish
    members: Sequence[MemberSteps] = ()
    refusal: str = ""
    question: str = ""
    students: int = 0
    findings: Mapping[int, Sequence[Finding]] = field(default_factory=dict)

    @property
    def changing(self) -> list[MemberSteps]:
        """The members in which something would change."""
        return [one for one in self.members if one.steps]

    @property
    def warnings(self) -> list[tuple[str, str]]:
        """(section, what the checks find in it); its students are asked about below."""
        return [
            (one.member.label, found.message)
            for one in self.members
            for found in self.findings.get(one.member.section.pk, ())
            if found.code != STUDENTS_ENROLLED
        ]

    @property
    def is_possible(self) -> bool:
        """Whether it can be carried out."""
        return bool(self.changing) and not self.refusal and not any(one.refusal for one in self.members)

    @property
    def button(self) -> str:
        """What the button does, with its number."""
        count = len(self.changing)
        return f"Change {count} section{'' if count == 1 else 's'}"


def read_alignment(sent: QueryDict) -> Wish:
    """What was asked for; what cannot be understood is left out."""
    seen = (re.fullmatch(r"([0-9]{1,9}):([0-9]{1,9})", one) for one in sent.getlist("seen"))
    students = sent.get("confirmed_students", "")
    return Wish(
        fields=tuple(name for name in ALIGNED if name in sent.getlist("field")),
        versions={int(one[1]): int(one[2]) for one in seen if one},
        students=int(students) if re.fullmatch(r"[0-9]{1,9}", students) else 0,
    )


def alignment(group: Group, wish: Wish, author: Author) -> Alignment:
    """What the save would do and answer, found by carrying it out and taking it back."""
    fields = wish.fields
    shown = replace(wish, versions={one.section.pk: one.section.version for one in group.live})
    if not fields:
        return Alignment(wish=shown, refusal="Tick what is to be made the same.")
    members = [MemberSteps(member=one, steps=_steps(group, one, fields)) for one in group.live]
    try:
        return _answered(Alignment(wish=shown, members=members), group, author)
    except NotAligned as refused:
        refusals = {pk: one.message for pk, one in refused.refusals.items()}
        told = [replace(one, refusal=refusals.get(one.member.section.pk, "")) for one in members]
        return Alignment(wish=shown, members=told)
    except DomainError as refused:
        return Alignment(wish=shown, members=members, refusal=refused.message)


def _answered(plan: Alignment, group: Group, author: Author) -> Alignment:
    def tried(author: Author) -> Aligned:
        return previewed(lambda: align_members(group.relationship.pk, plan.wish.fields, author=author))

    try:
        return replace(plan, findings=tried(replace(author, confirmed_students=0)).findings)
    except ConfirmationNeeded as asked:
        told = tried(replace(author, confirmed_students=asked.students))
        return replace(plan, question=asked.message, students=asked.students, findings=told.findings)


def _steps(group: Group, member: Member, fields: Sequence[str]) -> list[Step]:
    primary = group.primary
    if primary is None or member == primary:
        return []
    found = []
    for name in fields:
        now, then = (tuple(one.meetings if name == "meetings" else one.team) for one in (member, primary))
        if now != then:
            words = [value_words(CATALOGUE[name], one, names=group.names) for one in (now, then)]
            found.append(Step(label=CATALOGUE[name].label, now=words[0], then=words[1]))
    return found
