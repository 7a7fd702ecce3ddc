"""What scheduling tells others. Sent inside the write service's transaction; receivers do no network I/O.

`section_saved` and `relationship_saved` carry: `term` (code), `record_id`, `version`, `action`
(a `ChangeLog.Action`), `now` (the moment of the change). A removal is told before the row goes (`version`:
the one it had). Not sent for what an import writes: nothing goes back.
"""

from django.dispatch import Signal

section_saved = Signal()
relationship_saved = Signal()
