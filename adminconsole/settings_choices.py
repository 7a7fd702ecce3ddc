"""What one merge type's settings say, choice by choice: for the form, differences, two people at once.

A choice has a key: ``is_enabled``, ``default_source``, ``removal``, ``source:FIELD``, ``sent:FIELD`` and
``override:SIS ID:FIELD``. A key that is missing is a choice that nobody made.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from integration.fieldsets import RELATIONSHIP_SOURCES
from integration.merge.policy import Removal, Source
from integration.settings import TypeSettings
from integration.settings_rules import RELATIONSHIP_FIELDS, problems
from integration.sis.port import MergeType
from scheduling.domain.fields import Catalogue, Field

Choice = str | bool
Choices = Mapping[str, Choice]
NO_FIELDS = Catalogue(())


def fields_of(merge_type: MergeType, catalogue: Catalogue) -> Catalogue:
    """The fields that a type's settings speak of; none for what is only imported."""
    if merge_type is MergeType.SECTIONS:
        return catalogue
    return RELATIONSHIP_FIELDS if merge_type is MergeType.RELATIONSHIPS else NO_FIELDS


def delivered_source(merge_type: MergeType, field: Field) -> Source:
    """Who wins in a field as Tandem is delivered."""
    if merge_type is MergeType.RELATIONSHIPS:
        return RELATIONSHIP_SOURCES[field.name]
    return Source(field.default_source.value)


def default_of(merge_type: MergeType, field: Field, default_source: Choice) -> Source:
    """Who wins in a field without an exception; `default_source`: the type's choice, blank as delivered."""
    if field.is_from_sis:
        return Source.ALWAYS_SIS
    if default_source and not field.is_custom:
        return Source(str(default_source))
    return delivered_source(merge_type, field)


def is_locked(field: Field) -> bool:
    """Whether nobody chooses who wins: the SIS keeps the field."""
    return field.is_from_sis


def has_send_choice(merge_type: MergeType, field: Field) -> bool:
    """Whether the settings decide if the field is sent; a relationship always goes as a whole."""
    return merge_type is MergeType.SECTIONS and field.can_be_sent


# ---- settings to choices and back


def choices_of(merge_type: MergeType, rules: TypeSettings, fields: Catalogue) -> dict[str, Choice]:
    """The choices that `rules` are; also those about fields that are no longer there."""
    found: dict[str, Choice] = {
        "is_enabled": rules.is_enabled,
        "default_source": _text(rules.default_source),
        "removal": rules.removal.value,
    }
    for field in fields:
        found[f"source:{field.name}"] = _text(rules.sources.get(field.name))
        if has_send_choice(merge_type, field):
            found[f"sent:{field.name}"] = rules.sent_fields is None or field.name in rules.sent_fields
    found |= {f"source:{name}": _text(source) for name, source in rules.sources.items() if name not in fields}
    if merge_type is MergeType.SECTIONS:
        found |= {f"sent:{name}": True for name in rules.sent_fields or () if f"sent:{name}" not in found}
    for sis_id, sources in rules.overrides.items():
        found |= {f"override:{sis_id}:{name}": _text(source) for name, source in sources.items()}
    return found


def rules_of(merge_type: MergeType, choices: Choices, fields: Catalogue) -> TypeSettings:
    """The settings that `choices` are. Raises `ValueError` for a source or removal that there is none of."""
    overrides: dict[str, dict[str, Source]] = {}
    for key, source in sorted(choices.items()):
        if key.startswith("override:") and source:
            sis_id, name = override_of(key)
            overrides.setdefault(sis_id, {})[name] = Source(str(source))
    sendable = [one.name for one in fields if has_send_choice(merge_type, one)]
    sent = tuple(name for name in sendable if choices.get(f"sent:{name}"))
    default = str(choices.get("default_source", ""))
    return TypeSettings(
        is_enabled=bool(choices.get("is_enabled")),
        default_source=Source(default) if default else None,
        sources={
            one.name: Source(str(choices[f"source:{one.name}"]))
            for one in fields
            if choices.get(f"source:{one.name}")
        },
        sent_fields=None if len(sent) == len(sendable) else sent,
        removal=Removal(str(choices.get("removal", Removal.DELETE.value))),
        overrides=overrides,
    )


def override_of(key: str) -> tuple[str, str]:
    """(SIS id, field) of an override's key."""
    sis_id, _colon, name = key.removeprefix("override:").rpartition(":")
    return sis_id, name


def ids_of_overrides(choices: Choices) -> list[str]:
    """The SIS ids of the sections with a rule of their own, in order."""
    keys = [key for key, source in choices.items() if key.startswith("override:") and source]
    return sorted({override_of(key)[0] for key in keys})


def _text(source: Source | None) -> str:
    return source.value if source is not None else ""


# ---- what may not be chosen


def refusals(merge_type: MergeType, choices: Choices, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """(key, sentence) for each choice that the rules of merge settings refuse."""
    for key, value in choices.items():
        rules = _alone(key, value)
        if rules is not None:
            for sentence in problems({"types": {merge_type.value: rules}}, catalogue):
                yield key, sentence


def _alone(key: str, value: Choice) -> dict[str, Any] | None:
    """JSON-ready settings that hold this choice and no other; None where there is nothing to refuse."""
    kind, _colon, name = key.partition(":")
    if not value:
        return None
    if kind == "source":
        return {"sources": {name: value}}
    if kind == "sent":
        return {"sent_fields": [name]}
    if kind == "override":
        sis_id, name = override_of(key)
        return {"overrides": {sis_id: {name: value}}}
    return {"default_source": value} if kind == "default_source" else None
