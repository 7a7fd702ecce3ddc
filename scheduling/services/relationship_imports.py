"""What the SIS writes here of relationships, in bulk and audited (see `imports` for sections)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from scheduling.models import ChangeLog, Relationship, RelationshipMember
from scheduling.selectors import values_of_relationships

from .audit import Author, Change, write_changes
from .copying import copy_rows, reserve_ids, update_rows
from .import_audit import Removal, removal_changes


@dataclass(frozen=True, kw_only=True, slots=True)
class NewRelationship:
    """A relationship to create. `members`: (section id, is primary)."""

    sis_id: str
    kind: str
    capacity: int | None
    members: Sequence[tuple[int, bool]]
    relationship_id: int | None = None
    rule: str = ""


def create_relationships(new: Sequence[NewRelationship], *, term_code: str, author: Author) -> list[int]:
    """Create relationships with their members; return their ids in order."""
    table = Relationship._meta.db_table
    fresh = iter(reserve_ids(table, sum(one.relationship_id is None for one in new)))
    ids = [one.relationship_id or next(fresh) for one in new]
    copy_rows(
        table,
        ("id", "term_id", "kind", "sis_id", "capacity", "version"),
        ((pk, term_code, one.kind, one.sis_id, one.capacity, 1) for pk, one in zip(ids, new, strict=True)),
    )
    _copy_members(zip(ids, ((one.kind, one.members) for one in new), strict=True), term_code)
    write_changes(
        (
            Change(
                action=ChangeLog.Action.CREATE,
                record_type="relationship",
                record_id=str(pk),
                term_code=term_code,
                version=1,
                after={"kind": one.kind, "capacity": one.capacity, "members": [list(m) for m in one.members]},
                rule=one.rule,
            )
            for pk, one in zip(ids, new, strict=True)
        ),
        author=author,
    )
    return ids


def _copy_members(
    found: Iterable[tuple[int, tuple[str, Sequence[tuple[int, bool]]]]], term_code: str
) -> None:
    copy_rows(
        RelationshipMember._meta.db_table,
        ("relationship_id", "section_id", "kind", "term_id", "is_primary"),
        (
            (pk, section_id, kind, term_code, is_primary)
            for pk, (kind, members) in found
            for section_id, is_primary in members
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationshipUpdate:
    """Changes of one relationship: `after` has ``capacity`` or ``members`` ((section id, primary) pairs)."""

    relationship_id: int
    version: int
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    rules: Mapping[str, str] = field(default_factory=dict)


def update_relationships(updates: Sequence[RelationshipUpdate], *, term_code: str, author: Author) -> None:
    """Write the changed fields; each relationship's version grows by one."""
    rows = [
        (one.relationship_id, one.after.get("capacity", one.before.get("capacity")), one.version + 1)
        for one in updates
    ]
    update_rows(Relationship._meta.db_table, ["capacity", "version"], rows)
    regrouped = [one for one in updates if "members" in one.after]
    RelationshipMember.objects.filter(relationship_id__in=[one.relationship_id for one in regrouped]).delete()
    _copy_members(((one.relationship_id, (one.kind, one.after["members"])) for one in regrouped), term_code)
    write_changes(
        (
            Change(
                action=ChangeLog.Action.UPDATE,
                record_type="relationship",
                record_id=str(one.relationship_id),
                term_code=term_code,
                version=one.version + 1,
                field=name,
                before=one.before.get(name),
                after=after,
                rule=one.rules.get(name, ""),
            )
            for one in updates
            for name, after in one.after.items()
        ),
        author=author,
    )


def remove_relationships(removals: Sequence[Removal], *, term_code: str, author: Author, rule: str) -> None:
    """Remove relationships that the SIS dissolved."""
    write_changes(removal_changes(removals, "relationship", term_code, rule), author=author)
    Relationship.objects.filter(pk__in=[one.record_id for one in removals]).delete()


def leave_relationships(section_ids: Sequence[int], *, term_code: str, author: Author, rule: str) -> None:
    """Note that sections which are removed leave their groups; the rows go with the sections."""
    groups = Relationship.objects.filter(members__section_id__in=section_ids).order_by("id")
    before = {
        pk: state.members
        for pk, state in values_of_relationships(list(groups.values_list("id", flat=True))).items()
    }
    if not before:
        return
    leaving = set(section_ids)
    Relationship.objects.filter(pk__in=before).update(version=F("version") + 1)
    versions = dict(Relationship.objects.filter(pk__in=before).order_by().values_list("id", "version"))
    write_changes(
        (
            Change(
                action=ChangeLog.Action.UPDATE,
                record_type="relationship",
                record_id=str(pk),
                term_code=term_code,
                version=versions[pk],
                field="members",
                before=[list(one) for one in members],
                after=[list(one) for one in members if one[0] not in leaving],
                rule=rule,
            )
            for pk, members in before.items()
        ),
        author=author,
    )
