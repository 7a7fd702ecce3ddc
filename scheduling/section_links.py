"""The ways from one list of sections to another: delivered lists, headings that sort, chips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from scheduling.section_columns import USUAL_SORT, Column
from scheduling.section_filters import (
    ATTENTION,
    CONDITIONS,
    NO_INSTRUCTOR,
    NO_ROOM,
    OVER_CAPACITY,
    Asked,
    words_of,
)

VIEWS: Sequence[tuple[str, Mapping[str, tuple[str, ...]]]] = (
    ("All", {}),
    ("All active", {"status": ("ACTIVE",)}),
    ("Cancelled", {"status": ("CANCELLED",)}),
    ("No room", {"status": ("ACTIVE",), "only": (NO_ROOM,)}),
    ("No instructor", {"status": ("ACTIVE",), "only": (NO_INSTRUCTOR,)}),
    ("Over capacity", {"status": ("ACTIVE",), "only": (OVER_CAPACITY,)}),
    ("Needs attention", {"state": (ATTENTION,)}),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A way to another list: `query` is its address, `is_here` whether it is this one."""

    label: str
    query: str
    words: str = ""
    is_here: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A column's heading. `query`: the list sorted by it (None: it does not sort); `order`: how it is now."""

    column: Column
    query: str | None = None
    order: str = ""


def views_of(asked: Asked, *, shows_integration: bool) -> list[Link]:
    """The delivered lists; the chosen order and columns stay."""
    return [
        Link(
            label=label,
            query=replace(asked, values=values).query,
            is_here=dict(asked.values) == dict(values),
        )
        for label, values in VIEWS
        if shows_integration or "state" not in values
    ]


def heading_of(column: Column, asked: Asked) -> Heading:
    """The heading of a column: a click sorts by it, a second one turns the order."""
    if not column.sort:
        return Heading(column=column)
    now = asked.sort or USUAL_SORT
    is_here = now.removeprefix("-") == column.sort
    turned = f"-{column.sort}" if now == column.sort else column.sort
    return Heading(
        column=column,
        query=replace(asked, sort="" if turned == USUAL_SORT else turned).query,
        order=("descending" if now.startswith("-") else "ascending") if is_here else "",
    )


def chips_of(asked: Asked, departments: Mapping[str, str]) -> list[Link]:
    """The conditions in force; each leads to the list without it."""
    return [
        Link(
            label=CONDITIONS[name].label,
            words=words_of(name, given, departments),
            query=asked.without(name).query,
        )
        for name, given in asked.values.items()
    ]
