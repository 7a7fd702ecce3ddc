"""What people call the groups of sections: their kind and their members, by name."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from scheduling.models import Relationship, RelationshipMember
from scheduling.selectors import LABEL_COLUMNS


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupLabel:
    """A group's name, and the section on whose page it stands (the primary, else the first)."""

    text: str
    section_id: int


def labels_of_groups(ids: Collection[int]) -> Mapping[int, GroupLabel]:
    """Relationship id -> its name, in one query; groups without members are left out."""
    if not ids:
        return {}
    rows = RelationshipMember.objects.filter(relationship__in=ids).order_by("-is_primary", "section_id")
    columns = ("relationship_id", "kind", "section_id", *(f"section__{name}" for name in LABEL_COLUMNS))
    members: dict[int, list[tuple[str, int, str]]] = defaultdict(list)
    for group, kind, section, *label in rows.values_list(*columns):
        members[group].append((kind, section, " ".join(label)))
    return {
        group: GroupLabel(
            text=f"{Relationship.Kind(found[0][0]).label} of {', '.join(name for _k, _s, name in found)}",
            section_id=found[0][1],
        )
        for group, found in members.items()
    }
