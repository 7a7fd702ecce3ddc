"""The field matrix of a merge type, as its page shows it: who wins in each field, and what may be sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from adminconsole.settings_choices import Choices, default_of, fields_of, has_send_choice, is_locked
from adminconsole.settings_words import AS_DEFAULT, SOURCE_MEANINGS, SOURCE_NAMES
from integration.merge.policy import Source
from integration.sis.port import Capabilities, MergeType
from scheduling.domain.fields import Catalogue, Field

SIS_KEEPS = "Always SIS. The SIS keeps it, and nobody edits it in Tandem."
NEVER_SENT = "Never sent"
SENT_AS_A_WHOLE = "Always sent with its group"
CUSTOM = "A field of Tandem's own, never imported: the SIS cannot win it."
NOT_TAKEN = "This SIS does not take it."
NOT_SHOWN = "This SIS does not show it: it stays as it is in Tandem."
SIS_WINS = "Not sent while it is Always SIS."
DEFAULT = "DEFAULT"
"""The column *as default* in the address of a column; a choice of it is blank."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One radio button. Where it is not possible, there is none. `name`: of its column."""

    value: str
    name: str
    label: str
    is_chosen: bool
    is_possible: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One field. `lock`: why nobody chooses who wins; `sent_lock`: why nobody chooses whether it is sent."""

    name: str
    label: str
    note: str
    lock: str
    default: str
    cells: Sequence[Cell]
    sent_lock: str
    is_sent: bool
    sent_note: str
    differs: bool
    sent_differs: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A source of truth: as a column, and as a choice with its sentence."""

    value: str
    name: str
    meaning: str


COLUMNS = tuple(
    Column(value=one.value, name=SOURCE_NAMES[one], meaning=SOURCE_MEANINGS[one]) for one in Source
)


def field_matrix(
    merge_type: MergeType, choices: Choices, catalogue: Catalogue, capabilities: Capabilities
) -> list[tuple[str, list[Row]]]:
    """Group -> its rows; empty for a type without fields. `capabilities`: of the SIS."""
    groups: dict[str, list[Row]] = {}
    for one in fields_of(merge_type, catalogue):
        groups.setdefault(one.group.value, []).append(_row(merge_type, one, choices, capabilities))
    return list(groups.items())


def _row(merge_type: MergeType, field: Field, choices: Choices, capabilities: Capabilities) -> Row:
    source = str(choices.get(f"source:{field.name}", ""))
    default = default_of(merge_type, field, _known(choices.get("default_source")))
    is_sent = bool(choices.get(f"sent:{field.name}"))
    has_choice = has_send_choice(merge_type, field)
    return Row(
        name=field.name,
        label=field.label,
        note=_note(merge_type, field, capabilities),
        lock=SIS_KEEPS if is_locked(field) else "",
        default=SOURCE_NAMES[default],
        cells=_cells(field, source),
        sent_lock="" if has_choice else _sent_lock(merge_type, field),
        is_sent=is_sent,
        sent_note=_sent_note(field, source or default.value, capabilities) if has_choice else "",
        differs=bool(source) and not is_locked(field),
        sent_differs=has_choice and not is_sent,
    )


def _cells(field: Field, source: str) -> list[Cell]:
    first = Cell(
        value="",
        name=AS_DEFAULT,
        label=f"{field.label}: {AS_DEFAULT}",
        is_chosen=source not in SOURCE_NAMES,
    )
    return [
        first,
        *(
            Cell(
                value=column.value,
                name=column.name,
                label=f"{field.label}: {column.name}",
                is_chosen=source == column.value,
                is_possible=can_choose(field, column.value),
            )
            for column in COLUMNS
        ),
    ]


def can_choose(field: Field, source: str) -> bool:
    """Whether this source can be chosen for the field (`integration.settings_rules`)."""
    return not is_locked(field) and not (field.is_custom and source in {Source.ALWAYS_SIS, Source.PREFER_SIS})


def _known(source: object) -> str:
    return str(source) if source in SOURCE_NAMES else ""


def _sent_lock(merge_type: MergeType, field: Field) -> str:
    is_member = merge_type is MergeType.RELATIONSHIPS and field.can_be_sent
    return SENT_AS_A_WHOLE if is_member else NEVER_SENT


def _note(merge_type: MergeType, field: Field, capabilities: Capabilities) -> str:
    if field.is_custom:
        return CUSTOM
    shown = capabilities.readable_fields if merge_type is MergeType.SECTIONS else None
    return NOT_SHOWN if shown is not None and field.name not in shown else ""


def _sent_note(field: Field, source: str, capabilities: Capabilities) -> str:
    if source == Source.ALWAYS_SIS:
        return SIS_WINS
    taken = capabilities.writable_fields
    return NOT_TAKEN if taken is not None and field.name not in taken else ""


# ---- whole columns


def with_column(merge_type: MergeType, choices: Choices, catalogue: Catalogue, column: str) -> Choices:
    """The choices with one source (or `DEFAULT`) for every field that can have it."""
    source = "" if column == DEFAULT else column
    changed = {
        f"source:{one.name}": source
        for one in fields_of(merge_type, catalogue)
        if not is_locked(one) and (not source or can_choose(one, source))
    }
    return {**choices, **changed}


def with_all_sent(merge_type: MergeType, choices: Choices, catalogue: Catalogue, *, is_sent: bool) -> Choices:
    """The choices with *may be sent* ticked, or not, for every field that has the tick."""
    fields = [one for one in fields_of(merge_type, catalogue) if has_send_choice(merge_type, one)]
    return {**choices, **{f"sent:{one.name}": is_sent for one in fields}}
