"""Conflicts as the console shows them: which there are, what stands on each side, what each choice means."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from integration.choice_words import ChoiceWords, choices_of
from integration.group_labels import GroupLabel, labels_of_groups
from integration.models import Conflict
from integration.resolving import Choice
from integration.rule_words import RULE_WORDS, rule_in_words
from integration.settings_rules import RELATIONSHIP_FIELDS
from integration.sis.port import MergeType
from integration.value_names import Names, names_by_term
from scheduling.domain.fields import Catalogue, Field
from scheduling.paging import Ordering, Page, page_of
from scheduling.pills import Pill
from scheduling.selectors import catalogue, labels_of_sections
from scheduling.showing import value_words

Kind, Status = Conflict.Kind, Conflict.Status
SIDES = ("base", "ours", "theirs")
WHOLE = "Whole record"
KIND_WORDS: Mapping[str, str] = {
    Kind.FIELD: "Both sides changed it",
    Kind.SEMANTIC: "Together they would break a rule",
    Kind.FIGHT: "The SIS keeps changing it back",
    Kind.REMOVAL: "Removed on one side, edited on the other",
    Kind.ENROLLED: "Removed in Tandem, students enrolled in the SIS",
    Kind.AMBIGUOUS: "Several records of the SIS could be it",
    Kind.NUMBER: "Section numbers wait for each other",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictFilter:
    """Which conflicts; blank: any. `is_settled`: those that are over, instead of the open ones."""

    is_settled: bool = False
    term: str = ""
    merge_type: str = ""
    field: str = ""
    kind: str = ""
    q: str = ""

    def rows(self) -> QuerySet[Conflict]:
        """The conflicts, unordered."""
        found = Conflict.objects.all()
        found = found.exclude(status=Status.OPEN) if self.is_settled else found.filter(status=Status.OPEN)
        exact = {"link__term": self.term, "link__merge_type": self.merge_type, "kind": self.kind}
        found = found.filter(**{name: value for name, value in exact.items() if value})
        if self.field:
            found = found.filter(field="" if self.field == WHOLE else self.field)
        if self.q:
            found = found.filter(Q(link__label__icontains=self.q) | Q(link__sis_id=self.q))
        return found.order_by()

    def page(self, cursor: str) -> Page[Conflict]:
        """One page: the open ones oldest first, the settled ones newest first. Raises `BadCursor`."""
        rows = self.rows().select_related("link", "link__term", "resolved_by")
        return page_of(rows, Ordering(is_descending=self.is_settled), cursor)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """What an open conflict can be filtered by, with how many there are: (value, words, number)."""

    terms: tuple[tuple[str, str, int], ...]
    types: tuple[tuple[str, str, int], ...]
    fields: tuple[tuple[str, str, int], ...]
    kinds: tuple[tuple[str, str, int], ...]


def filter_options(*, is_settled: bool) -> Options:
    """The choices of the filter bar, in one query (and one for the institution's own fields)."""
    labels = {one.name: one.label for one in (*RELATIONSHIP_FIELDS, *catalogue())}
    groups = ConflictFilter(is_settled=is_settled).rows()
    rows = groups.values_list("link__term", "link__term__name", "link__merge_type", "field", "kind").annotate(
        number=Count("id")
    )
    sums: tuple[dict[tuple[str, str], int], ...] = ({}, {}, {}, {})
    for code, term, merge_type, name, kind, number in rows.order_by():
        keys = (
            (code, term),
            (merge_type, merge_type.capitalize()),
            (name or WHOLE, labels.get(name, name) if name else WHOLE),
            (kind, KIND_WORDS[kind]),
        )
        for total, key in zip(sums, keys, strict=True):
            total[key] = total.get(key, 0) + number
    found = [tuple((*key, total[key]) for key in sorted(total, key=lambda one: one[1])) for total in sums]
    return Options(terms=found[0], types=found[1], fields=found[2], kinds=found[3])


@dataclass(frozen=True, kw_only=True, slots=True)
class ConflictView:
    """One conflict, ready to be shown. `stamp`: what was seen, so that a choice about less is refused.

    `section_id`: where the record is (None: it is gone, or a group without members).
    """

    pk: int
    stamp: str
    label: str
    section_id: int | None
    term: str
    type_word: str
    field_label: str
    field: Field | None
    names: Names
    values: Mapping[str, Any]
    kind: str
    kind_word: str
    sentence: str
    note: str
    opened_at: dt.datetime
    run_id: int | None
    is_open: bool
    is_whole: bool
    choices: tuple[ChoiceWords, ChoiceWords]
    pill: Pill
    outcome: str = ""
    decided_by: str = ""
    decided_at: dt.datetime | None = None
    candidates: tuple[str, ...] = ()

    def choice(self, side: Choice) -> ChoiceWords:
        """What one choice means."""
        return self.choices[0] if side is Choice.OURS else self.choices[1]

    @property
    def can_be_quick(self) -> bool:
        """Whether one click in a list is enough to settle it: a field, and both ways are open."""
        return self.is_open and not self.is_whole and not any(one.problem for one in self.choices)


def stamp_of(conflict: Conflict) -> str:
    """A short fingerprint of what a conflict shows; another one where a merge renewed it."""
    shown = [conflict.kind, conflict.field, conflict.base, conflict.ours, conflict.theirs]
    return hashlib.blake2b(json.dumps(shown, sort_keys=True).encode(), digest_size=6).hexdigest()


def views_of(conflicts: Sequence[Conflict]) -> list[ConflictView]:
    """Conflicts (with their links and terms loaded) as pages show them; a constant number of queries."""
    fields = catalogue()
    names = names_by_term(
        (one.link.term_id, one.field, getattr(one, side)) for one in conflicts for side in SIDES if one.field
    )
    labels = labels_of_sections({one.link.section_id for one in conflicts if one.link.section_id})
    groups = {one.link.relationship_id for one in conflicts if one.link.relationship_id}
    named = labels_of_groups(groups)
    return [_view(one, fields, names.get(one.link.term_id, {}), labels, named) for one in conflicts]


def field_named(merge_type: str, name: str, fields: Catalogue) -> Field | None:
    """The field of a section or of a relationship; None where it is no longer one."""
    known = RELATIONSHIP_FIELDS if merge_type == MergeType.RELATIONSHIPS else fields
    return next((one for one in known if one.name == name), None)


def _view(
    one: Conflict,
    fields: Catalogue,
    names: Names,
    labels: Mapping[int, str],
    groups: Mapping[int, GroupLabel],
) -> ConflictView:
    link, group = one.link, groups.get(one.link.relationship_id or 0)
    field = field_named(link.merge_type, one.field, fields) if one.field else None
    label = (field.label if field else one.field) or WHOLE
    values = {side: getattr(one, side) for side in SIDES} if one.field else _whole(one)
    words = {side: value_words(field, value, names=names) for side, value in values.items()}
    sides = {"ours": words["ours"], "theirs": words["theirs"]}
    choices = choices_of(one, label=label, **sides, is_our_removal=is_our_removal(one))
    return ConflictView(
        pk=one.pk,
        stamp=stamp_of(one),
        label=labels.get(link.section_id or 0) or (group.text if group else str(link)),
        section_id=link.section_id or (group.section_id if group else None),
        term=str(link.term),
        type_word=link.merge_type.capitalize(),
        field_label=label,
        field=field,
        names=names,
        values=values,
        kind=one.kind,
        kind_word=KIND_WORDS[one.kind],
        sentence=_sentence(one, label),
        note=one.note,
        opened_at=one.opened_at,
        run_id=one.run_id,
        is_open=one.status == Status.OPEN,
        is_whole=not one.field,
        choices=choices,
        pill=_pill(one),
        outcome=_outcome(one, choices),
        decided_by=one.resolved_by.get_username() if one.resolved_by else "",
        decided_at=one.resolved_at,
        candidates=tuple(one.theirs or ()) if one.kind == Kind.AMBIGUOUS else (),
    )


def _sentence(one: Conflict, label: str) -> str:
    """Why a person has to decide."""
    return rule_in_words(one.rule, label=label) if one.rule in RULE_WORDS else f"{KIND_WORDS[one.kind]}."


def is_our_removal(one: Conflict) -> bool:
    """Whether the record was removed in Tandem: then the SIS's values were kept and ours are none."""
    return one.kind == Kind.ENROLLED or (one.kind == Kind.REMOVAL and one.ours is None)


def _whole(one: Conflict) -> dict[str, str]:
    """The three sides of a record as a whole, in words."""
    if one.kind == Kind.AMBIGUOUS:
        candidates = " or ".join(one.theirs or ())
        return {"base": "Not in the SIS", "ours": "Created; the answer was lost", "theirs": candidates}
    if one.kind == Kind.ENROLLED:
        return {"base": "In both", "ours": "Removed", "theirs": f"There, {_enrolled(one)} enrolled"}
    if is_our_removal(one):
        return {"base": "In both", "ours": "Removed", "theirs": "There, and edited"}
    return {"base": "In both", "ours": "There, and edited", "theirs": "Removed"}


def _enrolled(one: Conflict) -> str:
    return str((one.theirs or {}).get("enrollment") or "students")


def _pill(one: Conflict) -> Pill:
    if one.status == Status.OPEN:
        return Pill(tone="amber", icon="pause", word="Waits for a person")
    if one.status == Status.GONE:
        return Pill(tone="grey", icon="circle", word="Settled by itself")
    return Pill(tone="green", icon="check", word="Settled")


def _outcome(one: Conflict, choices: tuple[ChoiceWords, ChoiceWords]) -> str:
    """What became of it, for one that is over."""
    if one.status == Status.OPEN:
        return ""
    if one.status == Status.GONE:
        return "A later merge found that the sides no longer differ."
    if one.kind == Kind.AMBIGUOUS and one.resolution == Choice.THEIRS:
        return "It is one of them."
    taken = choices[0] if one.resolution == Choice.OURS else choices[1]
    words = {"Keep Tandem's": "Tandem's was kept", "Take the SIS's": "The SIS's was taken"}
    return f"{words.get(taken.button, taken.button)}."
