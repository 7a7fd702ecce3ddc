"""What scheduling tells others. Sent inside the write service's transaction; receivers do no network I/O.

`section_saved` and `relationship_saved`: `term` (code), `record_id`, `version`, `action`
(a `ChangeLog.Action`), `sis_id` (may be None). Not sent for what an import writes: nothing goes back.
"""

from django.dispatch import Signal

section_saved = Signal()
relationship_saved = Signal()
