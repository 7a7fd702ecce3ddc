"""The saves of a section's history in words: who, when, by which door, and each field before and after."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scheduling.domain.fields import Catalogue, Field
from scheduling.group_names import GroupNames, move_words
from scheduling.history import SavedRows
from scheduling.models import ChangeLog
from scheduling.showing import BLANK
from scheduling.value_names import ValueNames

RuleWords = Callable[[str, str], str]
"""Rule id, label of the field -> the sentence; blank where there is none to tell."""

_OTHER_LABELS = {"sis_id": "SIS id"}


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One field in one save; `rule`: why a merge wrote it."""

    label: str
    before: str
    after: str
    rule: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Save:
    """One save in words. `is_whole`: it made or removed the section, and `changes` are all its values."""

    at: dt.datetime
    who: str
    how: str
    deed: str
    is_whole: bool = False
    version: int | None = None
    reason: str = ""
    run: int | None = None
    changes: Sequence[FieldChange] = field(default_factory=tuple)


def values_in(page: SavedRows, fields: Catalogue) -> Iterator[tuple[Field | None, Any]]:
    """Every value that the page shows, each with its field, for `value_names.names_in`."""
    for save in page.saves:
        for row in save:
            for name, before, after in _written(row, fields):
                shown = _field(fields, name)
                yield shown, before
                yield shown, after


def in_words(
    page: SavedRows,
    fields: Catalogue,
    names: ValueNames,
    *,
    rule_words: RuleWords | None,
    name: str = "",
    section_id: int | None = None,
    groups: GroupNames | None = None,
) -> list[Save]:
    """The saves in words. `rule_words` None: who reads it does not see the merges, nor their runs.

    `section_id`, `groups`: whose history it is, and what its groups are called where they are among them.
    """
    return [
        _told_move(save, section_id, groups, rule_words)
        if groups is not None and section_id is not None and save[0].record_type == "relationship"
        else _told(save, fields, names, rule_words, name)
        for save in page.saves
    ]


def _told_move(
    save: Sequence[ChangeLog], section_id: int, groups: GroupNames, rule_words: RuleWords | None
) -> Save:
    """A section's way into a group or out of it. The version is the group's, so that it is not told."""
    row = save[0]
    deed, label, before, after = move_words(row, section_id, groups)
    return Save(
        at=row.at,
        who=_who(row),
        how=row.get_source_display(),
        deed=deed,
        reason=row.reason,
        run=row.run_id if rule_words else None,
        changes=(FieldChange(label=label, before=before, after=after),),
    )


def _told(
    save: Sequence[ChangeLog],
    fields: Catalogue,
    names: ValueNames,
    rule_words: RuleWords | None,
    name: str,
) -> Save:
    first = save[0]
    is_cancelled = any(row.action == ChangeLog.Action.CANCEL for row in save)
    return Save(
        at=first.at,
        who=_who(first),
        how=first.get_source_display(),
        deed=(ChangeLog.Action.CANCEL if is_cancelled else ChangeLog.Action(first.action)).label,
        is_whole=any(not row.field for row in save),
        version=first.version,
        reason=first.reason,
        run=first.run_id if rule_words else None,
        changes=tuple(
            change
            for row in reversed(save)  # as they were written: in the order of the catalogue
            for change in _changes(row, fields, names, rule_words, name)
        ),
    )


def _who(row: ChangeLog) -> str:
    full_name = row.actor.get_full_name() if row.actor is not None else ""
    return f"{full_name} ({row.actor_name})" if full_name else row.actor_name or "Nobody named"


def _written(row: ChangeLog, fields: Catalogue) -> Iterator[tuple[str, Any, Any]]:
    """(field, before, after): one for a field; all of them where the row tells of the whole section."""
    if row.field:
        yield row.field, row.before, row.after
        return
    before: Mapping[str, Any] = row.before or {}
    after: Mapping[str, Any] = row.after or {}
    for name in sorted({**before, **after}, key=lambda one: _position(fields, one)):
        yield name, before.get(name), after.get(name)


def _position(fields: Catalogue, name: str) -> tuple[int, str]:
    """Where a field stands in the catalogue; those that are none any more come last."""
    names = fields.names
    return (names.index(name) if name in names else len(names), name)


def _changes(
    row: ChangeLog, fields: Catalogue, names: ValueNames, rule_words: RuleWords | None, name: str
) -> Iterator[FieldChange]:
    for written, before, after in _written(row, fields):
        shown = _field(fields, written)
        told = FieldChange(
            label=_label(shown, written),
            before=names.words(shown, before),
            after=names.words(shown, after),
            rule=rule_words(row.rule, _label(shown, written)) if rule_words and row.field else "",
        )
        is_blank = told.before == told.after == BLANK
        if written == name or (not name and (row.field or not is_blank)):
            yield told


def _field(fields: Catalogue, name: str) -> Field | None:
    return next((one for one in fields if one.name == name), None)


def _label(shown: Field | None, name: str) -> str:
    if shown is not None:
        return shown.label
    return _OTHER_LABELS.get(name, name.removeprefix("custom."))
