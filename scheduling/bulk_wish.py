"""What somebody wants of many sections at once, as the form of the bulk edit posts it.

A field is changed where something is written for it, or where it is to be made blank; every other stays.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from scheduling.bulk_rows import NAMES, RowWish, read_row_wish
from scheduling.domain.errors import DomainError, InvalidValue
from scheduling.domain.fields import Catalogue, Field, Kind
from scheduling.models import Term
from scheduling.posted_numbers import whole
from scheduling.posted_values import VALUE, posted_values
from scheduling.services.bulk import MOST_SECTIONS
from scheduling.services.section_values import read_changes

IDS, SEEN, MADE_BLANK, CANCEL = "ids", "seen", "blank.", "cancel"
OF_ONE = frozenset({"course", "section_number", "status"})
"""What sections do not share, or what has a button of its own."""
OF_ROWS = (Kind.MEETINGS, Kind.INSTRUCTORS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """`changes`: field -> raw value; `rows`: for meetings and instructors; `errors`: unreadable."""

    changes: Mapping[str, Any]
    rows: RowWish = field(default_factory=RowWish)
    errors: Sequence[DomainError] = ()

    def of_section(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What it means for a section with these values. Raises `InvalidValue` where it makes no sense."""
        return {**self.changes, **self.rows.of_section(values)}


def fields_offered(fields: Catalogue) -> list[Field]:
    """The fields that many sections can be given one value of."""
    return [
        one for one in fields if not one.is_from_sis and one.name not in OF_ONE and one.kind not in OF_ROWS
    ]


def read_wish(data: QueryDict, fields: Catalogue, term: Term) -> Wish:
    """The wish in a form; every value that cannot be read is told."""
    changes: dict[str, Any] = {}
    errors: list[DomainError] = []
    for one in fields_offered(fields):
        is_blank, raw = bool(data.get(MADE_BLANK + one.name)), posted_values(data, [one]).get(one.name, "")
        if not (is_blank or raw.strip()):
            continue
        changes[one.name] = raw
        try:
            if is_blank and raw.strip():
                raise InvalidValue(
                    f"{one.label}: a value is written and “Make blank” is ticked; choose one.", one.name
                )
            read_changes({one.name: raw}, fields=fields, term=term, before={})
        except DomainError as error:
            errors.append(error)
    if data.get(CANCEL):
        changes["status"] = "CANCELLED"
    rows, unread = read_row_wish(data)
    errors += unread
    if not (changes or rows or errors):
        errors.append(InvalidValue("Nothing is written yet; say what is to change."))
    return Wish(changes=changes, rows=rows, errors=errors)


def posted_ids(data: QueryDict) -> list[int]:
    """The ids that were ticked, or stand in one field with commas; one more than is allowed at most."""
    numbers = (whole(text.strip()) for given in data.getlist(IDS) for text in given.split(","))
    return list(dict.fromkeys(one for one in numbers if one))[: MOST_SECTIONS + 1]


def posted_versions(data: QueryDict) -> dict[int, int]:
    """Section id -> the version that the preview showed."""
    pairs = (text.partition(":") for text in data.get(SEEN, "").split(","))
    return {whole(pk) or 0: whole(version) or 0 for pk, _colon, version in pairs}


def carried(data: QueryDict, fields: Iterable[Field]) -> Iterator[tuple[str, str]]:
    """The wish as hidden fields of the next form: (name, value)."""
    names = [name for one in fields for name in (VALUE + one.name, MADE_BLANK + one.name)]
    for name in (*names, *NAMES, CANCEL):
        if value := data.get(name):
            yield name, value
