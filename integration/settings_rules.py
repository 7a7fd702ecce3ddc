"""What merge settings may say. Each problem is a sentence for the person who saves them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from integration.merge.policy import Source
from integration.sis.port import SENDABLE_TYPES, MergeType
from scheduling.domain.fields import CATALOGUE, RELATIONSHIP_CAPACITY, Catalogue, Field, Kind

RELATIONSHIP_FIELDS = Catalogue(
    (
        Field(name="kind", label="Kind", kind=Kind.CHOICE, can_be_sent=False, is_from_sis=True),
        replace(RELATIONSHIP_CAPACITY, label="Combined capacity"),
        Field(name="members", label="Members", kind=Kind.TEXT, is_plural=True),
    )
)
"""The fields of a relationship, named and owned as merge settings, status and explanations show them."""
PLURAL = frozenset(one.name for one in (*CATALOGUE, *RELATIONSHIP_FIELDS) if one.is_plural)
"""Fields of which one says that they are, not that it is."""

Document = Mapping[str, Any]


def problems(document: Document, catalogue: Catalogue) -> Iterator[str]:
    """What is wrong with `document` (JSON-ready merge settings); `catalogue`: the section fields."""
    for name, rules in document.get("types", {}).items():
        if name not in set(MergeType):
            yield f"{name!r} is no merge type; there are {', '.join(MergeType)}."
            continue
        what = name.capitalize()
        yield from _unknown_source(f"The default source of truth of {name}", rules.get("default_source"))
        if name not in SENDABLE_TYPES:
            yield from _import_only(what, rules)
            continue
        fields = catalogue if name == MergeType.SECTIONS else RELATIONSHIP_FIELDS
        yield from _sources(what, rules.get("sources", {}), fields)
        yield from _sent_fields(what, rules.get("sent_fields") or (), fields)
        overrides = rules.get("overrides", {})
        if overrides and name != MergeType.SECTIONS:
            yield f"{what} have record overrides; only single sections can be overridden. Take them out."
            continue
        for sis_id, sources in overrides.items():
            yield from _sources(f"Section {sis_id}", sources, fields)


def _unknown_source(what: str, source: object) -> Iterator[str]:
    if source is not None and source not in set(Source):
        yield f"{what} is {source!r}; write one of {', '.join(Source)}."


def _import_only(what: str, rules: Document) -> Iterator[str]:
    sources = {rules.get("default_source"), *rules.get("sources", {}).values()}
    if sources - {None, Source.ALWAYS_SIS} or rules.get("sent_fields") or rules.get("overrides"):
        yield (
            f"{what} are only imported and the SIS always wins; take sources of truth, sent fields and "
            "overrides out."
        )


def _unknown_field(what: str, name: str, fields: Catalogue) -> str:
    return f"{what} have no field {name!r}; there are {', '.join(fields.names)}."


def _sources(what: str, sources: Mapping[str, str], fields: Catalogue) -> Iterator[str]:
    for name, source in sources.items():
        if name not in fields:
            yield _unknown_field(what, name, fields)
            continue
        field = fields[name]
        yield from _unknown_source(f"{what}: the source of truth of {field.label}", source)
        if field.is_from_sis and source != Source.ALWAYS_SIS:
            yield f"{what}: {field.label} is kept by the SIS; its source of truth must stay ALWAYS_SIS."
        elif field.is_custom and source in {Source.ALWAYS_SIS, Source.PREFER_SIS}:
            yield f"{what}: {field.label} is a field of Tandem's own, never imported; the SIS cannot win it."


def _sent_fields(what: str, names: tuple[str, ...], fields: Catalogue) -> Iterator[str]:
    for name in names:
        if name not in fields:
            yield _unknown_field(what, name, fields)
        elif not fields[name].can_be_sent:
            yield f"{what}: {fields[name].label} can never be sent; take it out of sent_fields."
