"""Saving the form of a group, and what to say where somebody else saved meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scheduling.crosslist_facts import Group
from scheduling.crosslist_form import Draft, Wanted, draft_of
from scheduling.crosslist_rights import GroupRights
from scheduling.group_names import GROUP_FIELDS, GroupNames, group_names
from scheduling.models import ChangeLog
from scheduling.services.audit import Author
from scheduling.services.relationships import UNSET, SavedRelationship, update_relationship
from scheduling.visibility import Viewer, visible_departments


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """A part of the group: as it was, as it was saved meanwhile, and as the form has it, in words."""

    label: str
    before: str
    theirs: str
    yours: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Meanwhile:
    """Somebody was quicker. `draft`: what was changed in the form, on top of what they saved."""

    who: str
    clashes: Sequence[Clash]
    draft: Draft


def save_group(
    group: Group, draft: Draft, meant: Wanted, rights: GroupRights, author: Author
) -> SavedRelationship:
    """Save what may be changed of a group. Raises as `update_relationship`."""
    may_regroup, may_count = ("members" not in rights.locks), ("capacity" not in rights.locks)
    return update_relationship(
        group.relationship.pk,
        author=author,
        version=draft.version,
        members=meant.members if may_regroup else None,
        primary=meant.primary if may_regroup else UNSET,
        capacity=meant.capacity if may_count else UNSET,
    )


def meanwhile(group: Group, draft: Draft, meant: Wanted, actor: Viewer) -> Meanwhile:
    """What others saved since the version of `draft`, and the form on top of it. Three queries."""
    rows = list(
        ChangeLog.objects.filter(
            record_type="relationship",
            record_id=str(group.relationship.pk),
            version__gt=draft.version or 0,
        )
        .select_related("actor")
        .order_by("-pk")
    )
    now = _held(group)
    before = dict(now)
    for row in rows:  # newest first: the oldest says what was there
        if row.field in before:
            before[row.field] = row.before
    yours = {
        "members": [[pk, pk == meant.primary] for pk in meant.members],
        "capacity": meant.capacity,
    }
    mine = ChangeLog(
        record_type="relationship",
        record_id=str(group.relationship.pk),
        field="members",
        before=now["members"],
        after=yours["members"],
    )
    names = group_names([*rows, mine], visible_departments(actor))
    return Meanwhile(
        who=rows[0].actor_name if rows else "",
        clashes=_clashes(before, now, yours, names),
        draft=_on_top(draft_of(group), before, draft, meant),
    )


def _held(group: Group) -> dict[str, Any]:
    return {
        "members": [[one.section.pk, one.is_primary] for one in group.members],
        "capacity": group.relationship.capacity,
    }


def _clashes(
    before: dict[str, Any], now: dict[str, Any], yours: dict[str, Any], names: GroupNames
) -> list[Clash]:
    found = []
    for one in GROUP_FIELDS:
        if one.name in now:
            words = [names.words(one, side[one.name]) for side in (before, now, yours)]
            if len(set(words)) > 1:
                found.append(Clash(label=one.label, before=words[0], theirs=words[1], yours=words[2]))
    return found


def _on_top(standing: Draft, before: dict[str, Any], draft: Draft, meant: Wanted) -> Draft:
    """The group as it stands, with what the form changed of the group as it was."""
    was = {pk for pk, _primary in before["members"]}
    old_primary = next((str(pk) for pk, is_primary in before["members"] if is_primary), "")
    old_capacity = "" if before["capacity"] is None else str(before["capacity"])
    left = was - set(meant.members)
    return replace(
        standing,
        kept=tuple(pk for pk in standing.kept if pk not in left),
        added=draft.added,
        primary=draft.primary if draft.primary != old_primary else standing.primary,
        capacity=draft.capacity if draft.capacity != old_capacity else standing.capacity,
    )
