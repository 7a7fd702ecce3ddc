"""What the mapping needs beside a document: GUIDs and codes of one another, and the site's dialect."""

from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from integration.sis.ethos.address import Address

NIL = "00000000-0000-0000-0000-000000000000"
"""The id that a create carries."""
ROOM_MARK = "\n"
"""Between building and number in the code of a room; neither holds one."""
PART_MARK = "\n"
"""Between term and part of term in the code of a period."""


class Lookup(Protocol):
    """Codes by GUID and GUIDs by code, for one resource at a time.

    The code of a room is its building's code, `ROOM_MARK` and its number; of a person the native id; of an
    academic period the term's code, for a part of term followed by `PART_MARK` and the part's.
    """

    def code(self, resource: str, guid: str) -> str:
        """The code; the GUID itself where the SIS does not have the record (the engine then says so)."""
        ...

    def guid(self, resource: str, code: str, *, field: str) -> str:
        """The GUID; raises `SisRejected` for `field` where the SIS has no such code."""
        ...

    def first(self, resource: str, *codes: str) -> str:
        """The GUID of the first of these codes that is there, else of the first record; blank: none."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How this site speaks: its address's options and the zone of its clocks."""

    address: Address
    zone: ZoneInfo

    @property
    def is_banner(self) -> bool:
        """Whether Banner stands behind it."""
        return self.address.is_banner
