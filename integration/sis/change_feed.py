"""What an adapter has besides the port if its SIS tells of changes (`Capabilities.change_feed`)."""

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from .port import MergeType, RawValues


@dataclass(frozen=True, kw_only=True, slots=True)
class SisChange:
    """A record that changed in the SIS, by whomever: our own writes come back too.

    `values`: those of its values that the message tells, raw as in a record; `part`: an item of a list that
    was made or changed (field, the item), `part_id`: its id there. Where all that is told is what both sides
    agreed on, it is an echo. Nothing told: it may be gone.
    """

    merge_type: MergeType
    sis_id: str
    values: RawValues = field(default_factory=dict)
    part: tuple[str, RawValues] | None = None
    part_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeBatch:
    """Some messages of the feed, in the order of the changes. `position`: of the last one.

    `has_more`: others wait already. `is_partial`: something changed that no message names, or
    messages are missing.
    """

    changes: tuple[SisChange, ...]
    position: str
    has_more: bool = False
    is_partial: bool = False


@runtime_checkable
class ChangeFeed(Protocol):
    """What an adapter with `Capabilities.change_feed` also has."""

    def changes(self, *, after: str) -> ChangeBatch:
        """The messages after a position (blank: all that there are), which stay where they are.

        The same change may be told twice. Raises `SisUnavailable` and `SisUnreadable`.
        """
        ...
