"""The writer of a SIS that can only be read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .port import Capabilities, MergeType, Operation, SisRejected, Written


@dataclass(frozen=True, slots=True)
class RefusingWriter:
    """Refuses each write with the sentence that says why."""

    capabilities: Capabilities

    def create(self, merge_type: MergeType, values: Mapping[str, Any], *, client_ref: str) -> Written:
        """Refused."""
        raise self._refusal(merge_type, Operation.CREATE)

    def update(
        self,
        merge_type: MergeType,
        sis_id: str,
        changes: Mapping[str, Any],
        *,
        values: Mapping[str, Any],
        token: str,
        client_ref: str,
    ) -> Written:
        """Refused."""
        raise self._refusal(merge_type, Operation.UPDATE)

    def cancel(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """Refused."""
        raise self._refusal(merge_type, Operation.CANCEL)

    def delete(self, merge_type: MergeType, sis_id: str, *, token: str, client_ref: str) -> Written:
        """Refused."""
        raise self._refusal(merge_type, Operation.DELETE)

    def _refusal(self, merge_type: MergeType, operation: Operation) -> SisRejected:
        return SisRejected(
            f"This SIS ({self.capabilities.name}) can only be read: it does not take {operation.value} of "
            f"{merge_type.value}."
        )
