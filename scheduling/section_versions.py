"""What a section held at an earlier version: its values now, with the recorded changes since taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import Catalogue
from scheduling.domain.values import canonical
from scheduling.models import ChangeLog


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """What happened since a version. `before`: the values it had; `people`: who changed them, by name."""

    before: Mapping[str, Any]
    people: Sequence[str]

    def changed(self, now: Mapping[str, Any]) -> frozenset[str]:
        """The fields that hold something else `now`."""
        return frozenset(name for name in now if (now[name] or None) != (self.before.get(name) or None))


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """A field that two people changed: what it held before, what each of them wants."""

    name: str
    before: Any
    mine: Any
    theirs: Any


def since_version(section_id: int, version: int, now: Mapping[str, Any], fields: Catalogue) -> Since:
    """The section at `version`, from its values `now`. One query.

    Values that cannot be read any more (an institution's own field that is gone) stay as they are now.
    """
    rows = ChangeLog.objects.filter(
        record_type="section", record_id=str(section_id), version__gt=version
    ).order_by("-id")
    before, people = dict(now), []
    for row in rows:
        if row.actor_name not in people:
            people.append(row.actor_name)
        if row.field in fields:
            try:
                before[row.field] = canonical(fields[row.field], row.before)
            except InvalidValue:  # a blank in a field that must not be blank: it came so from the SIS
                before[row.field] = row.before
    return Since(before=before, people=people)


def overlaps(mine: Mapping[str, Any], since: Since, now: Mapping[str, Any]) -> list[Overlap]:
    """The fields that were changed by both, to different values."""
    theirs = since.changed(now)
    return [
        Overlap(name=name, before=since.before.get(name), mine=value, theirs=now.get(name))
        for name, value in mine.items()
        if name in theirs and (value or None) != (now.get(name) or None)
    ]
