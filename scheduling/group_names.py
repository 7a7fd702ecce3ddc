"""Groups of sections in the words of the history: members by name, who joined and who left."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from scheduling.domain.fields import RELATIONSHIP_CAPACITY, Catalogue, Field, Kind
from scheduling.models import ChangeLog, Relationship, Section
from scheduling.showing import BLANK
from scheduling.value_names import ValueNames

MEMBERS = Field(name="members", label="Members", kind=Kind.LONG_TEXT)
GROUP_FIELDS = Catalogue(
    (
        Field(name="kind", label="Kind", kind=Kind.TEXT),
        MEMBERS,
        Field(name=RELATIONSHIP_CAPACITY.name, label="Combined capacity", kind=Kind.INTEGER),
    )
)
"""What the audit tells of a group, in the order in which it is shown."""
UNSEEN = "a section of another department"
GONE = "a section that was removed since"

Pairs = Sequence[tuple[int, bool]]
"""(section id, is primary), as the audit has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupNames(ValueNames):
    """What sections are called, and of which kind groups are (by their id; those that are gone are not)."""

    sections: Mapping[int, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)

    def words(self, shown: Field | None, value: Any) -> str:
        """A value of a group in words."""
        if shown == MEMBERS:
            return self.members(value or ()) or BLANK
        return ValueNames.words(self, shown, value)

    def members(self, pairs: Pairs, *, but: int | None = None) -> str:
        """The members by name, the primary first; those that the reader does not see at the end."""
        named = sorted(
            (not is_primary, self.sections.get(pk, GONE), is_primary) for pk, is_primary in pairs if pk != but
        )
        return ", ".join(f"{name}{' (primary)' if is_primary else ''}" for _order, name, is_primary in named)


def pairs_of(row: ChangeLog) -> tuple[Pairs, Pairs]:
    """The members before and after a row of the audit of a group."""
    before, after = row.before, row.after
    if not row.field:
        before, after = (held and held.get("members") for held in (before, after))
    return before or (), after or ()


def group_names(rows: Iterable[ChangeLog], codes: frozenset[str] | None) -> GroupNames:
    """The names for these rows, in two queries; `codes`: the departments whose sections are seen."""
    told = [row for row in rows if row.record_type == "relationship"]
    ids = {pk for row in told if row.field in {"", "members"} for pairs in pairs_of(row) for pk, _ in pairs}
    sections = Section.objects.filter(pk__in=ids).select_related("course").order_by("pk")
    kinds = Relationship.objects.filter(pk__in=[row.record_id for row in told]).order_by("pk")
    return GroupNames(
        sections={
            one.pk: str(one) if codes is None or one.course.department_id in codes else UNSEEN
            for one in sections
        },
        kinds={str(one.pk): one.get_kind_display() for one in kinds},
    )


def move_words(row: ChangeLog, section_id: int, names: GroupNames) -> tuple[str, str, str, str]:
    """(deed, label, before, after) of a row in which a section came into a group, left it, or changed."""
    before, after = pairs_of(row)
    whole = {**(row.before or {}), **(row.after or {})} if not row.field else {}
    kind = names.kinds.get(row.record_id) or str(whole.get("kind") or "group").capitalize()
    group = kind.lower() if kind in {"Crosslist", "Group"} else f"group of {kind.lower()} sections"
    was, became = (next((p for pk, p in one if pk == section_id), None) for one in (before, after))
    if was is None:
        deed = f"Joined a {group}"
    elif became is None:
        deed = f"Left its {group}" if after else f"Its {group} was dissolved"
    else:
        deed = f"Became the primary of its {group}" if became else f"No longer the primary of its {group}"
    with_whom = "Crosslisted with" if kind == "Crosslist" else "Together with"
    return (
        deed,
        with_whom,
        names.members(before, but=section_id) if was is not None else BLANK,
        names.members(after, but=section_id) if became is not None else BLANK,
    )
