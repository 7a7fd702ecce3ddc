"""What came of one write: the SIS's answer, or why there is none, and what it showed after."""

from dataclasses import dataclass

from integration.attempts import Attempt
from integration.merge.records import Values
from integration.sis.port import Operation, SisError, Written


@dataclass(kw_only=True)
class Result:
    """What came of one attempt: what the SIS answered, or why it did not.

    `is_untried`: it was not reached; `is_detoured`: its temporary section number was written; `is_found`: a
    create found the record there already, `is_foreign`: and it was not we who made it. `shown`: the record
    as read after the write.
    """

    attempt: Attempt
    written: Written | None = None
    error: SisError | None = None
    is_untried: bool = False
    is_detoured: bool = False
    is_found: bool = False
    is_foreign: bool = False
    shown: Values | None = None

    @property
    def has_side_effects(self) -> bool:
        """Whether the SIS changed more than it was sent, as one that empties a section that it cancels."""
        shown, attempt = self.shown, self.attempt
        return shown is not None and any(
            name in shown and shown[name] != value
            for name, value in attempt.theirs.items()
            if name not in attempt.changes
        )

    @property
    def ignored(self) -> list[str]:
        """The fields of an update that the SIS took and left as they were."""
        shown, attempt = self.shown, self.attempt
        if shown is None or attempt.operation is not Operation.UPDATE:
            return []
        return [
            name
            for name, value in attempt.changes.items()
            if name in shown and shown[name] != value and shown[name] == attempt.theirs.get(name)
        ]


def shown_after(attempt: Attempt, pushed: Values, shown: Values | None) -> Values | None:
    """What the SIS shows after a write; None where nothing was written."""
    if not pushed:
        return None
    return shown if shown is not None else {**attempt.theirs, **pushed}
