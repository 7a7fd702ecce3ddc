"""Conflicts as the console shows them: what stands on each side, and what each choice means."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integration.choice_words import ChoiceWords, choices_of
from integration.conflict_words import (
    KIND_WORDS,
    WHOLE,
    is_our_removal,
    outcome_of,
    pill_of,
    sentence_of,
    whole_values,
)
from integration.group_labels import GroupLabel, labels_of_groups
from integration.models import Conflict
from integration.record_fields import field_named
from integration.record_names import RecordNames, names_by_term
from integration.resolving import Choice
from scheduling.domain.fields import Catalogue, Field
from scheduling.pills import Pill
from scheduling.selectors import catalogue, labels_of_sections
from scheduling.showing import value_words

Kind, Status = Conflict.Kind, Conflict.Status
SIDES = ("base", "ours", "theirs")


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
    names: Mapping[str, str]
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
        (one.link.term_id, field_named(one.link.merge_type, one.field, fields), getattr(one, side))
        for one in conflicts
        for side in SIDES
        if one.field
    )
    labels = labels_of_sections({one.link.section_id for one in conflicts if one.link.section_id})
    groups = {one.link.relationship_id for one in conflicts if one.link.relationship_id}
    named = labels_of_groups(groups)
    return [
        _view(one, fields, names.get(one.link.term_id, RecordNames()), labels, named) for one in conflicts
    ]


def _view(
    one: Conflict,
    fields: Catalogue,
    names: RecordNames,
    labels: Mapping[int, str],
    groups: Mapping[int, GroupLabel],
) -> ConflictView:
    link, group = one.link, groups.get(one.link.relationship_id or 0)
    field = field_named(link.merge_type, one.field, fields) if one.field else None
    label = (field.label if field else one.field) or WHOLE
    values = {side: getattr(one, side) for side in SIDES} if one.field else whole_values(one)
    words = {side: value_words(field, value, names=names.of(field)) for side, value in values.items()}
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
        names=names.of(field),
        values=values,
        kind=one.kind,
        kind_word=KIND_WORDS[one.kind],
        sentence=sentence_of(one, label),
        note=one.note,
        opened_at=one.opened_at,
        run_id=one.run_id,
        is_open=one.status == Status.OPEN,
        is_whole=not one.field,
        choices=choices,
        pill=pill_of(one),
        outcome=outcome_of(one, choices),
        decided_by=one.resolved_by.get_username() if one.resolved_by else "",
        decided_at=one.resolved_at,
        candidates=tuple(one.theirs or ()) if one.kind == Kind.AMBIGUOUS else (),
    )
