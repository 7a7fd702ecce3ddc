"""How a change of the rules comes into the audit, which belongs to a package above this one.

Every service takes `record` and calls it once, inside its transaction, with all that changed; with nothing
changed it is not called. If it raises, nothing was written.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleChange:
    """One row of the audit to be; the names are those of the audit. `before`, `after`: None is a blank."""

    action: str
    record_type: str
    record_id: str
    term_code: str = ""
    field: str = ""
    before: Any = None
    after: Any = None


Record = Callable[[Sequence[RuleChange]], object]
CREATE, UPDATE, DELETE = "CREATE", "UPDATE", "DELETE"


def record_all(changes: Sequence[RuleChange], record: Record) -> tuple[RuleChange, ...]:
    """Have `changes` recorded, if there are any, and return them."""
    if changes:
        record(changes)
    return tuple(changes)
