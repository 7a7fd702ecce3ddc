"""The conditions of the schedule's list as its address gives them, and what is wrong with them.

A condition that is misspelt, unknown or given twice is said, never silently ignored: a list that lost one
shows what nobody asked for (DOMAIN.md, complaint 13). A value that cannot be meant shows nothing.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.http import QueryDict

from scheduling.domain.clock import clock
from scheduling.domain.fields import DAYS
from scheduling.domain.values import is_storable
from scheduling.integration_side import STATES
from scheduling.models import Section

LONGEST = 100
ATTENTION = "ATTENTION"
NO_ROOM, NO_INSTRUCTOR, OVER_CAPACITY = "no-room", "no-instructor", "over-capacity"
DAY_NAMES = dict(zip(DAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))
STATE_CHOICES = {**STATES, ATTENTION: "Held or rejected"}
ONLY_CHOICES = {
    NO_ROOM: "No room",
    NO_INSTRUCTOR: "No instructor",
    OVER_CAPACITY: "Over capacity",
}
CURSOR, SORT, COLUMN = "cursor", "sort", "col"
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One condition. `choices`: value -> word, where only these can be meant; `words`: how a chip says it."""

    label: str
    choices: Mapping[str, str] | None = None
    pattern: re.Pattern[str] | None = None
    hint: str = ""
    words: Callable[[str], str] = str


CONDITIONS: Mapping[str, Condition] = {
    "q": Condition(label="Search"),
    "department": Condition(label="Department"),
    "status": Condition(label="Status", choices=dict(Section.Status.choices)),
    "state": Condition(label="SIS", choices=STATE_CHOICES),
    "only": Condition(label="Only", choices=ONLY_CHOICES),
    "subject": Condition(label="Subject"),
    "day": Condition(label="Meets on", choices=DAY_NAMES),
    "from": Condition(label="Starts from", pattern=_TIME, hint="HH:MM, 24 hours", words=clock),
    "to": Condition(label="Ends by", pattern=_TIME, hint="HH:MM, 24 hours", words=clock),
    "room": Condition(label="Room"),
    "instructor": Condition(label="Instructor"),
}
MANY = frozenset({"day"})
"""Conditions that may be given more than once; all must hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What an address asks for.

    `values`: condition -> its values, in the order of `CONDITIONS`. `problems`: what is wrong, in sentences.
    `is_impossible`: a value cannot be meant, so that nothing is to be shown.
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: str = ""
    columns: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_impossible: bool = False

    def one(self, name: str) -> str:
        """The value of a condition; blank where it is not given."""
        return next(iter(self.values.get(name, ())), "")

    def without(self, name: str) -> "Asked":
        """The same without a condition."""
        return replace(self, values={key: given for key, given in self.values.items() if key != name})

    @property
    def query(self) -> str:
        """The same as an address has it."""
        return urlencode(self.pairs())

    def pairs(self) -> list[tuple[str, str]]:
        """What the address says, in one order: equal lists have equal addresses."""
        found = [(name, value) for name, given in self.values.items() for value in given]
        found += [(SORT, self.sort)] if self.sort else []
        return found + [(COLUMN, name) for name in self.columns]


def read_address(
    query: QueryDict,
    *,
    departments: Mapping[str, str],
    sorts: Iterable[str],
    columns: Sequence[str],
    usual_columns: Sequence[str],
) -> Asked:
    """What `query` asks for, out of these departments (by code), ways to sort and columns."""
    values: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    is_impossible = False
    for name, condition in CONDITIONS.items():
        given = _given(query, name)
        problem = _problem(name, condition, given, departments)
        is_impossible = is_impossible or bool(problem)
        problems += [problem] if problem else []
        if given:
            values[name] = given
    sort, chosen = (_given(query, SORT) or ("",))[0], _given(query, COLUMN)
    problems += [
        f"There is no filter “{name}”, so it was not applied; this list has {', '.join(CONDITIONS)}."
        for name in query
        if name not in {*CONDITIONS, SORT, COLUMN, CURSOR}
    ]
    if sort and sort.removeprefix("-") not in sorts:
        problems.append(f"The list cannot be sorted by “{sort}”; it is sorted by course.")
        sort = ""
    problems += [f"There is no column “{name}” here." for name in chosen if name not in columns]
    kept = tuple(name for name in columns if name in chosen)
    return Asked(
        values=values,
        sort=sort,
        columns=() if kept == tuple(usual_columns) else kept,
        problems=tuple(problems),
        is_impossible=is_impossible,
    )


def _given(query: QueryDict, name: str) -> tuple[str, ...]:
    """The values that are not blank; of the days each letter, in the order of the week."""
    found = tuple(value.strip() for value in query.getlist(name) if value.strip())
    if name != "day":
        return found
    letters = dict.fromkeys("".join(found).upper())
    return tuple(sorted(letters, key=lambda one: (DAYS + one).index(one)))


def _problem(name: str, condition: Condition, given: Sequence[str], departments: Mapping[str, str]) -> str:
    """What is wrong with what is given; blank: nothing."""
    choices = departments if name == "department" else condition.choices
    if len(given) > 1 and name not in MANY:
        return f"{condition.label} is given {len(given)} times; give it once."
    for value in given:
        if not is_storable(value) or len(value) > LONGEST:
            return f"{condition.label} holds what cannot be searched for; write up to {LONGEST} letters."
        if choices is not None and value not in choices:
            known = f": {', '.join(choices)}" if name != "department" else " that you may see"
            return f"{condition.label} “{value}” is none of those in this list{known}."
        if condition.pattern is not None and not condition.pattern.match(value):
            return f"{condition.label} is “{value}”; write {condition.hint}."
    return ""


def words_of(name: str, given: Sequence[str], departments: Mapping[str, str]) -> str:
    """The values of a condition as a chip shows them."""
    condition = CONDITIONS[name]
    choices = departments if name == "department" else condition.choices or {}
    is_right = condition.pattern is None or all(map(condition.pattern.match, given))
    return ", ".join(
        choices.get(value, "") or (condition.words(value) if is_right else value) for value in given
    )
