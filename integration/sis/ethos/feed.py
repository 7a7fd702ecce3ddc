"""The change feed: messages about resources become changes of the records that they are part of.

A message that says only that a meeting or an assignment is gone does not say of which section: then only a
whole reading shows it. Numbers that do not follow one another mean that messages were lost.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from integration.sis.change_feed import ChangeBatch, SisChange
from integration.sis.ethos.meetings import meeting_of
from integration.sis.ethos.reading import PARTS, Reader, group_values
from integration.sis.ethos.sections import section_values
from integration.sis.ethos.teams import team_of
from integration.sis.port import MergeType, SisUnreadable

LIMIT = 200
"""Messages of one request; an answer is at most 1 MB."""
DELETED = "deleted"
RECORDS = {"sections": MergeType.SECTIONS, "section-crosslists": MergeType.RELATIONSHIPS}
Message = Mapping[str, Any]


class Unnamed(Exception):
    """The message does not say which of our records changed."""


def read_changes(reader: Reader, *, after: str) -> ChangeBatch:
    """What the feed tells after the message with this number; messages stay in the feed."""
    query = {"lastProcessedID": after or "0", "limit": str(LIMIT)}
    answer = reader.client.get("/consume", query=query)
    messages = answer.document or []
    if not isinstance(messages, list):
        raise SisUnreadable("The SIS's change feed is no list of messages.")
    changes: list[SisChange] = []
    is_partial = _has_gap(messages, after)
    for message in messages:
        try:
            changes.extend(_changes_of(message, reader))
        except (Unnamed, KeyError, TypeError, ValueError):  # whatever a message lacks, a whole reading has it
            is_partial = True
    return ChangeBatch(
        changes=tuple(changes),
        position=str(messages[-1]["id"]) if messages else after,
        has_more=bool(messages) and bool(answer.number("x-remaining")),
        is_partial=is_partial,
    )


def _has_gap(messages: list[Message], after: str) -> bool:
    """Whether numbers are missing after the position, or between."""
    numbers = [int(one["id"]) for one in messages if str(one.get("id", "")).isdecimal()]
    before = [int(after), *numbers] if after.isdecimal() else numbers
    return any(later > earlier + 1 for earlier, later in pairwise(before))


def _changes_of(message: Message, reader: Reader) -> Iterator[SisChange]:
    name, is_gone = message["resource"]["name"], message["operation"] == DELETED
    content = message.get("content") or {}
    if name in RECORDS:
        sis_id = str(message["resource"].get("id") or content["id"])
        values = {} if is_gone else _values(name, content, reader)
        yield SisChange(merge_type=RECORDS[name], sis_id=sis_id, values=values)
    elif name in PARTS:
        if is_gone or "section" not in content:
            raise Unnamed(name)
        yield SisChange(
            merge_type=MergeType.SECTIONS,
            sis_id=str(content["section"]["id"]),
            part=_part(name, content, reader),
            part_id=str(message["resource"].get("id") or content["id"]),
        )
    else:
        reader.codes.forget(name)


def _values(name: str, content: Message, reader: Reader) -> dict[str, Any]:
    if name == "section-crosslists":
        return group_values(content)
    return section_values(content, reader.codes, reader.dialect)


def _part(name: str, content: Message, reader: Reader) -> tuple[str, Mapping[str, Any]]:
    if name == "instructional-events":
        return "meetings", meeting_of(content, reader.codes, reader.dialect.zone)
    (one,) = team_of([content], reader.codes)
    return "instructors", one
