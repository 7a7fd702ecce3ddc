"""From what the SIS complains of to what it means: class of error, field, plain sentence, who can fix it.

The table, refusals.json, is read from the top; an institution's own entries (`refusals` in ``SIS_URL``) come
first. What no entry knows is a refusal in the SIS's own words.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from integration.sis.ethos.complaints import Complaint
from integration.sis.port import BadSisUrl, SisDenied, SisError, SisLocked, SisNotFound, SisRejected


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry. `code` and `text` are regular expressions over the whole code and anywhere in the words.

    `meaning` is one of `MEANINGS`; `sentence` is what people read, `who` names who can put it right.
    """

    code: str = ""
    text: str = ""
    meaning: str = "rejected"
    field: str = ""
    sentence: str
    who: str = "the department"

    def knows(self, complaint: Complaint) -> bool:
        """Whether it is about this complaint."""
        return bool(
            (not self.code or re.fullmatch(self.code, complaint.code))
            and (not self.text or re.search(self.text, complaint.text, re.IGNORECASE))
        )


MEANINGS: Mapping[str, type[SisError]] = {
    "rejected": SisRejected,
    "locked": SisLocked,
    "denied": SisDenied,
    "not found": SisNotFound,
}
TABLE: tuple[Refusal, ...] = msgspec.json.decode(
    Path(__file__).with_name("refusals.json").read_bytes(), type=tuple[Refusal, ...]
)
"""The delivered entries."""


def own_entries(path: Path | None) -> tuple[Refusal, ...]:
    """The institution's own entries: a JSON list of objects named as in `Refusal`. Raises `BadSisUrl`."""
    if path is None:
        return ()
    try:
        entries = msgspec.json.decode(path.read_bytes(), type=tuple[Refusal, ...])
        for one in entries:
            re.compile(one.code), re.compile(one.text)
    except (OSError, msgspec.MsgspecError, re.error) as error:
        raise BadSisUrl(
            f"refusals={path} in SIS_URL cannot be read: {error}. It is a JSON list of entries, "
            "see docs/reference/ethos.md."
        ) from error
    for one in entries:
        if one.meaning not in MEANINGS:
            raise BadSisUrl(f"refusals={path}: meaning {one.meaning!r} must be one of {', '.join(MEANINGS)}.")
    return entries


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Says what a refusal means."""

    own: tuple[Refusal, ...] = ()

    def error_of(self, complaints: Iterable[Complaint]) -> SisError:
        """The error for an answer that refuses: that of the first complaint an entry knows, else a rejection.

        All the SIS's words are kept, code first.
        """
        listed = tuple(complaints)
        words = "; ".join(" ".join(filter(None, (one.code, one.text))) for one in listed)
        for entry in (*self.own, *TABLE):
            if any(entry.knows(one) for one in listed):
                message = f"{entry.sentence} It can be put right by {entry.who}."
                return _made(entry, message, words)
        said = "; ".join(one.text or one.code for one in listed) or "no reason was given"
        return SisRejected(f"The SIS refuses it: {said.rstrip('.')}.", words=words)


def _made(entry: Refusal, message: str, words: str) -> SisError:
    kinds: dict[str, Any] = {"words": words or message, "field": entry.field}
    return MEANINGS[entry.meaning](message, **kinds)
