"""One conflict in full: what stands in Tandem now, what was edited in a removed record, what went before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integration.conflict_pages import ConflictView, field_named, is_our_removal, views_of
from integration.merge.canonical import plain
from integration.models import Conflict, Link
from integration.value_names import Names, names_by_term
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


def differences_of(conflict: Conflict) -> tuple[list[Difference], Names]:
    """What was edited in a record that the other side removed, and what its values are called."""
    if conflict.field or conflict.kind == Conflict.Kind.AMBIGUOUS:
        return [], {}
    removed_here = is_our_removal(conflict)
    base = (conflict.base if removed_here else conflict.link.baseline) or {}
    edited = (conflict.theirs if removed_here else conflict.ours) or {}
    fields, side, other = catalogue(), *(("theirs", "ours") if removed_here else ("ours", "theirs"))
    found = [
        Difference(
            label=field.label if field else name,
            field=field,
            values={"base": base.get(name), side: value, other: None},
        )
        for name, value in edited.items()
        if name in base and value != base[name]
        for field in [field_named(conflict.link.merge_type, name, fields)]
    ]
    term = conflict.link.term_id
    names = names_by_term((term, name, one) for name in edited for one in (base.get(name), edited[name]))
    return found, names.get(term, {})


def changed_since(conflict: Conflict) -> str:
    """What Tandem holds in the disputed field by now, in words; blank where it is what the conflict shows."""
    link = conflict.link
    if not conflict.field or link.section_id is None or conflict.status != Conflict.Status.OPEN:
        return ""
    state = values_of_sections([link.section_id]).get(link.section_id)
    value = plain(state.values.get(conflict.field)) if state else conflict.ours
    if value == conflict.ours:
        return ""
    names = names_by_term([(link.term_id, conflict.field, value)]).get(link.term_id, {})
    return value_words(field_named(link.merge_type, conflict.field, catalogue()), value, names=names)


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
