"""Whether what a change feed tells of a record is what both sides agreed on already."""

from collections.abc import Callable, Mapping

from integration.fieldsets import Member
from integration.linkstate import baseline_of
from integration.merge.records import Baseline, Value
from integration.models import Link
from integration.sis.change_feed import SisChange
from integration.sis.port import RawValues
from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import CATALOGUE, RELATIONSHIP_CAPACITY
from scheduling.domain.values import assignment, canonical, meeting

PARTS: Mapping[str, Callable[[RawValues], Value]] = {"meetings": meeting, "instructors": assignment}


def is_echo(change: SisChange, link: Link) -> bool:
    """Whether nothing that is told differs from the agreement. A change that tells nothing is none."""
    agreed = baseline_of(link)
    if agreed is None or not (change.values or change.part):
        return False
    try:
        told, part = told_by(change)
    except InvalidValue:
        return False
    known = agreed.values.keys()
    return all(name in known and agreed.theirs_of(name) == value for name, value in told.items()) and (
        part is None or _has(agreed, *part)
    )


def told_by(change: SisChange) -> tuple[dict[str, Value], tuple[str, Value] | None]:
    """The values that a change tells, and the item of a list, canonical. Raises `InvalidValue`."""
    part = (change.part[0], PARTS[change.part[0]](change.part[1])) if change.part else None
    return {name: _value(name, raw) for name, raw in change.values.items()}, part


def _value(name: str, raw: object) -> Value:
    if name == "members" and isinstance(raw, list):
        members = (Member(section=one["section"], is_primary=bool(one["is_primary"])) for one in raw)
        return tuple(sorted(members))
    if name == "kind":
        return str(raw)
    field = RELATIONSHIP_CAPACITY if name == "capacity" else CATALOGUE[name]
    return canonical(field, raw)


def _has(agreed: Baseline, name: str, item: Value) -> bool:
    listed = agreed.theirs_of(name) if name in agreed.values else ()
    return isinstance(listed, tuple) and item in listed
