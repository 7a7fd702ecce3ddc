"""Which conflicts a page lists: the filter bar, its choices with their numbers, and the pages."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from integration.conflict_words import KIND_WORDS, WHOLE
from integration.models import Conflict
from integration.settings_rules import RELATIONSHIP_FIELDS
from scheduling.paging import Ordering, Page, page_of
from scheduling.selectors import catalogue

Status = Conflict.Status


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
