"""What differs between two sets of merge settings, in words, and what a change will do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from adminconsole.settings_choice_words import choice_label, choice_words, field_label
from adminconsole.settings_choices import Choices, choices_of, default_of, fields_of
from adminconsole.settings_rebasing import changed_keys
from adminconsole.settings_words import REMOVAL_MEANINGS, SOURCE_MEANINGS, SOURCE_NAMES, type_label
from integration.merge.policy import Source
from integration.settings import MergeSettings
from integration.sis.port import MergeType
from scheduling.domain.fields import Catalogue


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One setting before and after, and what that will do. `key`: of the choice, blank where it is none."""

    key: str
    label: str
    before: str
    after: str
    effect: str


def type_differences(
    merge_type: MergeType, before: Choices, after: Choices, catalogue: Catalogue
) -> list[Difference]:
    """How two sets of choices of one type differ."""
    fields = fields_of(merge_type, catalogue)
    return [
        Difference(
            key=key,
            label=choice_label(key, fields),
            before=_words(merge_type, key, before, fields),
            after=_words(merge_type, key, after, fields),
            effect=_effect(merge_type, key, after, fields),
        )
        for key in changed_keys(before, after)
    ]


def document_differences(old: MergeSettings, new: MergeSettings, catalogue: Catalogue) -> list[Difference]:
    """How two versions differ, over all types."""
    return list(_document_differences(old, new, catalogue))


def _document_differences(
    old: MergeSettings, new: MergeSettings, catalogue: Catalogue
) -> Iterator[Difference]:
    for merge_type in MergeType:
        fields = fields_of(merge_type, catalogue)
        before, after = (choices_of(merge_type, one.of(merge_type), fields) for one in (old, new))
        for one in type_differences(merge_type, before, after, catalogue):
            yield Difference(
                key="",
                label=f"{type_label(merge_type)}: {one.label}",
                before=one.before,
                after=one.after,
                effect=one.effect,
            )
    for subject in sorted({*old.subject_departments, *new.subject_departments}):
        codes = [one.subject_departments.get(subject, "") for one in (old, new)]
        if codes[0] != codes[1]:
            yield Difference(
                key="",
                label=f"Department of subject {subject}",
                before=codes[0] or subject,
                after=codes[1] or subject,
                effect=f"Imported courses of {subject} belong to the department {codes[1] or subject}.",
            )


def _words(merge_type: MergeType, key: str, choices: Choices, fields: Catalogue) -> str:
    """A choice in words, with what *as default* comes to among these choices."""
    words = choice_words(key, choices.get(key))
    default = _default(merge_type, key, choices, fields)
    return f"{words} ({SOURCE_NAMES[default]})" if default else words


def _default(merge_type: MergeType, key: str, choices: Choices, fields: Catalogue) -> Source | None:
    """Who wins in a field that has no exception; None for another choice, or where there is one."""
    kind, _colon, name = key.partition(":")
    if kind != "source" or choices.get(key) or name not in fields:
        return None
    return default_of(merge_type, fields[name], choices.get("default_source", ""))


def _effect(merge_type: MergeType, key: str, after: Choices, fields: Catalogue) -> str:
    """What the choice will do from the next merge on."""
    kind, _colon, name = key.partition(":")
    value: Any = after.get(key)
    match kind:
        case "source" | "override" if value:
            return SOURCE_MEANINGS[value]
        case "source":
            default = _default(merge_type, key, after, fields)
            return SOURCE_MEANINGS[default] if default else "The field is no longer there."
        case "override":
            return "The settings of all sections count again."
        case "sent":
            return _sent_effect(field_label(name, fields), is_sent=bool(value))
        case "default_source":
            return (
                f"For every field without an exception: {SOURCE_MEANINGS[value]}"
                if value
                else "Each field without an exception follows what Tandem is delivered with."
            )
        case "removal":
            return REMOVAL_MEANINGS[value]
        case _:
            return _enabled_effect(merge_type, is_on=bool(value))


def _sent_effect(label: str, *, is_sent: bool) -> str:
    if is_sent:
        return f"A change of {label} in Tandem goes to the SIS where the term is sent."
    return f"A change of {label} in Tandem stays here; the SIS keeps its own value."


def _enabled_effect(merge_type: MergeType, *, is_on: bool) -> str:
    label = type_label(merge_type)
    if is_on:
        return f"{label} are merged again, in the terms where they are on."
    return f"{label} are neither imported nor sent, in any term, until this is on again. What waits is kept."
