"""The switches of one type in one term as a value, and a change of them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from integration.sis.port import MergeType
from scheduling.models import Term

FLAGS = ("is_importing", "is_sending", "is_nightly", "is_real_time")


@dataclass(frozen=True, kw_only=True, slots=True)
class Switch:
    """What is on for one type in one term. `until`: its last day; None: the term's end."""

    is_importing: bool = False
    is_sending: bool = False
    is_nightly: bool = False
    is_real_time: bool = False
    until: dt.date | None = None

    @property
    def is_on(self) -> bool:
        """Whether anything is on."""
        return self.is_importing or self.is_sending or self.is_nightly or self.is_real_time

    @property
    def token(self) -> str:
        """The whole of it as text, to say later what a page showed."""
        flags = "".join("1" if getattr(self, name) else "0" for name in FLAGS)
        return f"{flags} {self.until or ''}".strip()


OFF = Switch()
Key = tuple[str, MergeType]
"""(term code, type)"""


def switch_of(flags: Mapping[str, bool], until: dt.date | None = None) -> Switch:
    """The switch with these `FLAGS`."""
    return Switch(
        is_importing=flags["is_importing"],
        is_sending=flags["is_sending"],
        is_nightly=flags["is_nightly"],
        is_real_time=flags["is_real_time"],
        until=until,
    )


def switch_of_token(token: str) -> Switch | None:
    """What `Switch.token` wrote; None for a text that it did not."""
    flags, _space, until = token.partition(" ")
    if len(flags) != len(FLAGS) or not set(flags) <= {"0", "1"}:
        return None
    try:
        day = dt.date.fromisoformat(until) if until else None
    except ValueError:
        return None
    return switch_of({name: flag == "1" for name, flag in zip(FLAGS, flags, strict=True)}, day)


@dataclass(frozen=True, kw_only=True, slots=True)
class SwitchChange:
    """One type in one term, before and after."""

    term: Term
    merge_type: MergeType
    before: Switch
    after: Switch

    @property
    def turns_on_sending(self) -> bool:
        """Whether what waited may go to the SIS from now on."""
        return self.after.is_sending and not self.before.is_sending
