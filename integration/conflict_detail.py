"""One conflict in full: what stands in Tandem now, what was edited in a removed record, what went before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integration.conflict_pages import ConflictView, views_of
from integration.conflict_words import is_our_removal
from integration.merge.canonical import plain
from integration.models import Conflict, Link
from integration.record_fields import field_named
from integration.record_names import RecordNames, names_by_term
from scheduling.domain.fields import Field
from scheduling.selectors import catalogue, values_of_sections
from scheduling.showing import value_words

HISTORY = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One field of a record that as a whole is in dispute."""

    label: str
    field: Field | None
    values: Mapping[str, Any]
    names: Mapping[str, str]


def differences_of(conflict: Conflict) -> list[Difference]:
    """What was edited in a record that the other side removed."""
    if conflict.field or conflict.kind == Conflict.Kind.AMBIGUOUS:
        return []
    removed_here = is_our_removal(conflict)
    base = (conflict.base if removed_here else conflict.link.baseline) or {}
    edited = (conflict.theirs if removed_here else conflict.ours) or {}
    fields, side, other = catalogue(), *(("theirs", "ours") if removed_here else ("ours", "theirs"))
    changed = [
        (name, field_named(conflict.link.merge_type, name, fields), value)
        for name, value in edited.items()
        if name in base and value != base[name]
    ]
    term = conflict.link.term_id
    held = ((term, field, one) for name, field, value in changed for one in (base[name], value))
    names = names_by_term(held).get(term, RecordNames())
    return [
        Difference(
            label=field.label if field else name,
            field=field,
            values={"base": base[name], side: value, other: None},
            names=names.of(field),
        )
        for name, field, value in changed
    ]


def changed_since(conflict: Conflict) -> str:
    """What Tandem holds in the disputed field by now, in words; blank where it is what the conflict shows."""
    link = conflict.link
    if not conflict.field or link.section_id is None or conflict.status != Conflict.Status.OPEN:
        return ""
    state = values_of_sections([link.section_id]).get(link.section_id)
    value = plain(state.values.get(conflict.field)) if state else conflict.ours
    if value == conflict.ours:
        return ""
    field = field_named(link.merge_type, conflict.field, catalogue())
    names = names_by_term([(link.term_id, field, value)]).get(link.term_id, RecordNames())
    return value_words(field, value, names=names.of(field))


def history_of(conflict: Conflict) -> list[ConflictView]:
    """The other conflicts of the same record, newest first (the last twenty)."""
    others = Conflict.objects.filter(link=conflict.link_id).exclude(pk=conflict.pk)
    return views_of(
        list(others.select_related("link", "link__term", "resolved_by").order_by("-id")[:HISTORY])
    )


def linked_elsewhere(conflict: Conflict) -> frozenset[str]:
    """Which candidates of an ambiguous creation are linked to another record by now."""
    if conflict.kind != Conflict.Kind.AMBIGUOUS:
        return frozenset()
    link = conflict.link
    taken = Link.objects.filter(
        merge_type=link.merge_type, term=link.term_id, sis_id__in=conflict.theirs or ()
    )
    return frozenset(str(one) for one in taken.order_by().values_list("sis_id", flat=True))
