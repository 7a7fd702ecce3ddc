"""What scheduling tells others. Sent inside the write service's transaction; receivers do no network I/O.

`section_saved` carries `term` (code), `records` (all of one transaction) and `now` (the moment of the
change); `relationship_saved` carries `term`, `record_id`, `version`, `action` and `now`. A removal is told
before the row goes (`version`: the one it had). Not sent for what an import writes: nothing goes back.
"""

from dataclasses import dataclass

from django.dispatch import Signal

section_saved = Signal()
relationship_saved = Signal()


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedRecord:
    """One record that was saved. `action`: a `ChangeLog.Action`."""

    record_id: int
    version: int
    action: str
