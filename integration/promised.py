"""What the earlier merges of one dry run would have created.

A dry run of several types writes nothing, yet rooms build on buildings and sections on courses: each planner
is told what its forerunners would have made, so that the answer is that of the real run (CONTRACT.md: dry
runs count as if applied). Keys only, the same bound on memory as the plan's own map.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from integration.models import PlanRow
from integration.planmaker import Row
from integration.record_types import RecordType
from integration.references import CourseFacts
from integration.relationship_type import RelationshipType
from integration.section_type import SectionType
from integration.sis.port import TERM_TYPES, MergeType

PROMISED_ID = 0
"""Stands for the id of a record that is not here yet; a dry run never writes it."""


@dataclass(kw_only=True)
class Promised:
    """Keys by type (and term): key -> what is needed of the record beside its key."""

    _made: dict[tuple[MergeType, str], dict[str, tuple[str, ...]]] = field(default_factory=dict)
    _sent: dict[str, set[int]] = field(default_factory=dict)
    """Term -> ids of our sections that would be in the SIS by now."""

    def collector(self, merge_type: MergeType, term: str, *, applies_later: bool) -> Callable[[Row], None]:
        """To be told of every record that the plan of this type and term creates.

        `applies_later`: the SIS takes what is sent only some time afterwards, so nothing is there by now.
        """
        made = self._made.setdefault((merge_type, term), {})

        def collect(row: Row) -> None:
            if row.side == PlanRow.Side.SIS:
                if merge_type is MergeType.SECTIONS and row.local_id and not applies_later:
                    self._sent.setdefault(term, set()).add(row.local_id)
                return
            names = ("building", "number") if merge_type is MergeType.ROOMS and row.theirs else ()
            made[row.record_key] = tuple(str((row.theirs or {})[name]) for name in names) or (row.label,)

        return collect

    def codes(self, merge_type: MergeType, term: str = "") -> frozenset[str]:
        """The promised keys of a type."""
        return frozenset(self._of(merge_type, term))

    def _of(self, merge_type: MergeType, term: str = "") -> dict[str, tuple[str, ...]]:
        return self._made.get((merge_type, term if merge_type in TERM_TYPES else ""), {})

    def tell(self, kind: RecordType) -> None:
        """Let a sections or relationships merge know what it may refer to."""
        if isinstance(kind, SectionType):
            known = kind.references
            known.buildings |= self.codes(MergeType.BUILDINGS)
            known.instructors |= self.codes(MergeType.INSTRUCTORS)
            known.rooms |= {(room[0], room[1]): PROMISED_ID for room in self._of(MergeType.ROOMS).values()}
            for sis_id, (label,) in self._of(MergeType.COURSES, kind.term).items():
                known.courses.setdefault(sis_id, CourseFacts(id=PROMISED_ID, label=label))
        elif isinstance(kind, RelationshipType):
            for sis_id in self._of(MergeType.SECTIONS, kind.term):
                kind.sections.setdefault(sis_id, PROMISED_ID)
            kind.sent |= self._sent.get(kind.term, set())
