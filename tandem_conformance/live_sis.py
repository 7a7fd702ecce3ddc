"""A SIS that nobody leads: whatever is in it is read, and nothing is written."""

from integration.sis.port import MergeType, SisAdapter, SisRecord
from integration.sis.registry import open_adapter
from tandem_conformance.sis_under_test import not_asked


class LiveSis:
    """As much of a `SisUnderTest` as an address gives."""

    def __init__(self, url: str, term: str) -> None:
        self.url = url
        self.opened: list[SisAdapter] = []
        self.adapter = self.again()
        self.term = term or self._first_with_sections()

    def again(self) -> SisAdapter:
        """Another adapter onto it."""
        self.opened.append(open_adapter(self.url))
        return self.opened[-1]

    def close(self) -> None:
        """Close all."""
        for adapter in self.opened:
            adapter.close()

    def _first_with_sections(self) -> str:
        terms = [one.sis_id for one in self.adapter.read_all(MergeType.TERMS) if isinstance(one, SisRecord)]
        for term in terms:
            if any(self.adapter.read_all(MergeType.SECTIONS, term=term)):
                return term
        return not_asked("no term has sections")
