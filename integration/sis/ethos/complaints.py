"""What an Ethos site says when it refuses: three shapes of answer, one list of complaints.

``{"errors": [{id, code, description, message}]}`` is the standard; older Banner handlers give one such object
or a bare array of them. Banner's texts are HTML-escaped and often ``ORA-20100: ::one:: ::two::``.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

LONGEST_TEXT = 500
"""Characters of an answer that is no document at all, such as a gateway's page."""
_ORACLE = re.compile(r"^ORA-\d+:\s*")
_TAGS = re.compile(r"<[^>]+>")


@dataclass(frozen=True, kw_only=True, slots=True)
class Complaint:
    """One thing that the SIS finds wrong: its code and its words, unescaped."""

    code: str
    text: str


def complaints_of(content: bytes) -> tuple[Complaint, ...]:
    """All complaints of an answer; the raw text where it is no such document."""
    try:
        document = msgspec.json.decode(content)
    except msgspec.DecodeError:
        text = " ".join(_TAGS.sub(" ", content.decode(errors="replace")).split())
        return (Complaint(code="", text=text[:LONGEST_TEXT]),) if text else ()
    if isinstance(document, dict):
        document = document.get("errors", [document])
    found = [one for entry in document if isinstance(entry, dict) for one in _from_entry(entry)]
    return tuple(found)


def _from_entry(entry: dict[str, Any]) -> Iterator[Complaint]:
    code = str(entry.get("code") or "")
    text = str(entry.get("message") or entry.get("description") or entry.get("title") or "")
    for part in parts_of(text) or [""]:
        yield Complaint(code=code, text=part)


def parts_of(text: str) -> list[str]:
    """Banner's message as its sentences: unescaped, without the Oracle number and the ``::`` between them."""
    plain = _ORACLE.sub("", html.unescape(text).strip())
    return [part for one in plain.split("::") if (part := one.strip())]
