"""Writing the rows of one relationship, each change with its audit and its signal."""

from collections.abc import Mapping
from typing import Any

from scheduling.models import ChangeLog, Relationship, RelationshipMember, Term
from scheduling.selectors import RelationshipState
from scheduling.signals import relationship_saved

from .audit import Author, Change, write_changes

Members = tuple[tuple[int, bool], ...]
"""(section id, is primary), sorted."""


def insert(term: Term, *, kind: str, capacity: int | None, members: Members, author: Author) -> Relationship:
    """Make the relationship in its first version."""
    made = Relationship.objects.create(term=term, kind=kind, capacity=capacity, version=1)
    _write_members(made, members)
    after = {"kind": kind, "capacity": capacity, "members": _plain(members)}
    _audit(made, ChangeLog.Action.CREATE, version=1, author=author, after=after)
    _tell(made, 1, ChangeLog.Action.CREATE, author)
    return made


def update(
    group: Relationship, state: RelationshipState, changed: Mapping[str, Any], *, author: Author
) -> int:
    """Write ``members`` or ``capacity`` where `changed` has them; return the new version."""
    version = group.version + 1
    columns = {"capacity": changed["capacity"]} if "capacity" in changed else {}
    Relationship.objects.filter(pk=group.pk).update(version=version, **columns)
    if "members" in changed:
        _write_members(group, changed["members"], before=state.members)
    before = {"members": _plain(state.members), "capacity": state.capacity}
    for name, value in changed.items():
        after = _plain(value) if name == "members" else value
        _audit(
            group,
            ChangeLog.Action.UPDATE,
            version=version,
            author=author,
            field=name,
            before=before[name],
            after=after,
        )
    _tell(group, version, ChangeLog.Action.UPDATE, author)
    return version


def remove(group: Relationship, state: RelationshipState, *, author: Author) -> None:
    """Remove the relationship; it is told while the rows are still there."""
    before = {"kind": state.kind, "capacity": state.capacity, "members": _plain(state.members)}
    _tell(group, group.version, ChangeLog.Action.DELETE, author)
    _audit(group, ChangeLog.Action.DELETE, version=None, author=author, before=before)
    group.delete()


def _write_members(group: Relationship, members: Members, *, before: Members = ()) -> None:
    """Make the rows those of `members`; who stays keeps the row (its section need not be locked)."""
    rows = RelationshipMember.objects.filter(relationship=group)
    stays = {pk for pk, _primary in members} & {pk for pk, _primary in before}
    primary = [pk for pk, is_primary in members if is_primary]
    rows.exclude(section_id__in=stays).delete()
    rows.filter(is_primary=True).exclude(section_id__in=primary).update(is_primary=False)
    RelationshipMember.objects.bulk_create(
        RelationshipMember(
            relationship=group, section_id=pk, kind=group.kind, term_id=group.term_id, is_primary=is_primary
        )
        for pk, is_primary in members
        if pk not in stays
    )
    rows.filter(is_primary=False, section_id__in=primary).update(is_primary=True)


def _plain(members: Members) -> list[list[int | bool]]:
    return [list(pair) for pair in members]


def _audit(group: Relationship, action: str, *, version: int | None, author: Author, **values: Any) -> None:
    change = Change(
        action=action,
        record_type="relationship",
        record_id=str(group.pk),
        term_code=group.term_id,
        version=version,
        **values,
    )
    write_changes([change], author=author)


def _tell(group: Relationship, version: int, action: str, author: Author) -> None:
    relationship_saved.send(
        sender=Relationship,
        term=group.term_id,
        record_id=group.pk,
        version=version,
        action=action,
        now=author.now,
    )
