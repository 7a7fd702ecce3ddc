"""What somebody typed into the form of a section, read against the version that they saw."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from scheduling.domain.errors import DomainError
from scheduling.domain.fields import Catalogue, Field, Kind
from scheduling.domain.values import Meeting, fill_meeting_dates
from scheduling.models import Term
from scheduling.posted_values import posted_values
from scheduling.services.section_values import read_changes

DATES = frozenset({"start_date", "end_date"})


@dataclass(kw_only=True)
class Draft:
    """`changes`: canonical values of the fields that were changed; `errors`: what cannot be read."""

    changes: dict[str, Any] = field(default_factory=dict)
    errors: list[DomainError] = field(default_factory=list)


def read_draft(
    data: QueryDict,
    *,
    fields: Catalogue,
    term: Term,
    seen: Mapping[str, Any],
    left_out: Collection[str],
    course_codes: Mapping[str, str] = {},
) -> Draft:
    """The draft in a form, against the values that were `seen`. Every field that cannot be read is told.

    Fields in `left_out` have another page and are not read. Locks are no matter here: what is sent for a
    locked field is read too, so that the write service refuses it in words and nothing typed gets lost.
    A course that is written as it was shown is the same course, though another one may have its code.
    """
    draft = Draft()
    raw: dict[str, Any] = {}
    for one in fields:
        if one.name in left_out:
            continue
        try:
            raw |= posted_values(data, [one])
        except DomainError as error:
            draft.errors.append(error)
    touched = [
        name for name in raw if raw[name] not in _untouched(fields[name], seen.get(name), course_codes)
    ]
    # Dates first: blank dates of meetings are those of the section as it will be.
    for name in sorted(touched, key=lambda name: name == "meetings"):
        try:
            draft.changes |= read_changes(
                {name: raw[name]}, fields=fields, term=term, before={**seen, **draft.changes}
            )
        except DomainError as error:
            draft.errors.append(error)
    if not DATES & draft.changes.keys() and draft.changes.get("meetings") == _with_dates(seen):
        draft.changes.pop("meetings", None)
    return draft


def _untouched(shown: Field, value: Any, course_codes: Mapping[str, str]) -> list[str]:
    """What a browser may send for a value that nobody touched: an input of one line has no line breaks."""
    text = "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")
    if shown.kind is Kind.COURSE:
        return [text, course_codes.get(text, text)]
    return [text if shown.kind is Kind.LONG_TEXT else text.replace("\n", "")]


def _with_dates(seen: Mapping[str, Any]) -> tuple[Meeting, ...]:
    """The meetings as a form that nobody touched is read: where they have no dates, with the section's."""
    return fill_meeting_dates(
        seen.get("meetings") or (),
        start_date=seen.get("start_date") or "",
        end_date=seen.get("end_date") or "",
    )


def in_order(errors: Sequence[DomainError], fields: Catalogue) -> list[DomainError]:
    """The errors in the order of the form; those of no field first."""
    places = {name: at for at, name in enumerate(fields.names, start=1)}
    return sorted(errors, key=lambda one: places.get(one.field, 0))
