"""The inputs of section fields in a form: what each shows, why it is locked, what is wrong with it.

Made from the catalogue, so that a new field has its input. They show values; after a refusal
what was typed. Templates: ``scheduling/inputs/*.html``. `posted_values` reads the same form.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from scheduling.domain.errors import DomainError
from scheduling.domain.fields import Field, Group, Kind
from scheduling.domain.values import Assignment, Meeting
from scheduling.input_choices import Choices
from scheduling.place_texts import place_text
from scheduling.posted_values import ARRANGED, PATTERN, PLACE, REMOVED, VALUE, rows_posted
from scheduling.section_filters import DAY_NAMES
from scheduling.showing import CHOICES as WORDS
from scheduling.value_names import ValueNames

Control = str
"""The name of the template that draws it."""
CONTROLS: Mapping[Kind, Control] = {
    Kind.LONG_TEXT: "long",
    Kind.INTEGER: "number",
    Kind.CREDITS: "number",
    Kind.DATE: "date",
    Kind.CHOICE: "choice",
    Kind.BOOLEAN: "choice",
    Kind.MEETINGS: "meetings",
    Kind.INSTRUCTORS: "instructors",
}
ORDER = (Group.MEETINGS, Group.INSTRUCTORS, Group.GENERAL, Group.CREDITS, Group.RELATIONSHIPS, Group.CUSTOM)
KEPT_BY_SIS = "Kept by the SIS"
EMPTY_ROWS = 1
MEETING_PARTS = (
    "days",
    "start_time",
    "end_time",
    PLACE,
    "start_date",
    "end_date",
    PATTERN,
    ARRANGED,
    REMOVED,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Error:
    """What is wrong with a field. `part`: the column of a row it is about, blank for the field as a whole."""

    field: str
    message: str
    part: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MeetingRow:
    """A meeting in the form. `place`: building and room in one text."""

    number: int
    days: str = ""
    start_time: str = ""
    end_time: str = ""
    place: str = ""
    start_date: str = ""
    end_date: str = ""
    pattern: str = ""
    is_arranged: bool = False
    is_removed: bool = False

    @property
    def ticks(self) -> list[tuple[str, str, bool]]:
        """Each day of the week: letter, name, whether the class meets on it."""
        return [(letter, name, letter in self.days) for letter, name in DAY_NAMES.items()]


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamRow:
    """Who teaches, in the form."""

    number: int
    instructor: str = ""
    percent: str = ""
    is_primary: bool = False
    is_removed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Input:
    """One field in a form. `lock`: why it may not be changed; `text`: its value in words, where locked."""

    field: Field
    control: Control
    value: str = ""
    text: str = ""
    lock: str = ""
    errors: Sequence[Error] = ()
    choices: Sequence[tuple[str, str]] = ()
    suggestions: Sequence[str] = ()
    meetings: Sequence[MeetingRow] = ()
    team: Sequence[TeamRow] = ()

    @property
    def name(self) -> str:
        """Its name in the form."""
        return VALUE + self.field.name

    @property
    def id(self) -> str:
        """Its id on the page."""
        return f"input-{self.field.name.replace('.', '-')}"

    @property
    def described_by(self) -> str:
        """The ids of what explains it."""
        parts = [f"{self.id}-lock"] * bool(self.lock) + [f"{self.id}-errors"] * bool(self.errors)
        return " ".join(parts)


@dataclass(frozen=True, kw_only=True, slots=True)
class InputGroup:
    """The inputs of one group of the catalogue."""

    title: str
    inputs: Sequence[Input]


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Makes the inputs of one section, or of a new one.

    `values`: canonical ones by field name; `locks`: field -> why it may not be changed; `posted`: what was
    typed, to be shown again; `more_rows`: empty rows beside the usual one.
    """

    fields: Iterable[Field]
    values: Mapping[str, Any]
    locks: Mapping[str, str]
    choices: Choices
    names: ValueNames
    posted: QueryDict | None = None
    errors: Sequence[DomainError] = ()
    left_out: frozenset[str] = frozenset()
    more_rows: Mapping[str, int] = field(default_factory=dict)

    def groups(self) -> list[InputGroup]:
        """The inputs in the groups of the catalogue, without groups that have none."""
        made = [self.of(one) for one in self.fields if one.name not in self.left_out]
        found = {
            str(group): [one for one in made if one.field.group is group and not one.field.is_from_sis]
            for group in ORDER
        }
        found[KEPT_BY_SIS] = [one for one in made if one.field.is_from_sis]
        return [InputGroup(title=title, inputs=inputs) for title, inputs in found.items() if inputs]

    def of(self, shown: Field) -> Input:
        """The input of one field."""
        value, lock = self.values.get(shown.name), self.locks.get(shown.name, "")
        posted = self.posted if not lock else None
        control = CONTROLS.get(shown.kind, "text")
        return Input(
            field=shown,
            control=control,
            value=self._text(shown, value, posted),
            text=self.names.words(shown, value) if lock else "",
            lock=lock,
            errors=[
                Error(field=shown.name, message=one.message, part=one.part)
                for one in self.errors
                if one.field == shown.name
            ],
            choices=_choices(shown),
            suggestions=self.choices.suggestions(shown),
            meetings=self._meetings(value or (), posted) if control == "meetings" else (),
            team=self._team(value or (), posted) if control == "instructors" else (),
        )

    def _text(self, shown: Field, value: Any, posted: QueryDict | None) -> str:
        typed = posted.get(VALUE + shown.name) if posted is not None else None
        if typed is not None:
            return typed
        if value is None or isinstance(value, tuple):
            return ""
        text = str(value)
        return self.choices.course_codes.get(text, text) if shown.kind is Kind.COURSE else text

    def _meetings(self, value: Sequence[Meeting], posted: QueryDict | None) -> list[MeetingRow]:
        if posted is not None and "meetings.form" in posted:
            rows = _meetings_typed(posted)
        else:
            first, last = self.values.get("start_date") or "", self.values.get("end_date") or ""
            codes = self.choices.buildings
            rows = [meeting_row(number, one, (first, last), codes) for number, one in enumerate(value)]
        empty = range(len(rows), len(rows) + EMPTY_ROWS + self.more_rows.get("meetings", 0))
        return [*rows, *(MeetingRow(number=number) for number in empty)]

    def _team(self, value: Sequence[Assignment], posted: QueryDict | None) -> list[TeamRow]:
        if posted is not None and "instructors.form" in posted:
            rows = _team_typed(posted)
        else:
            rows = [
                TeamRow(
                    number=number,
                    instructor=person_words(one.instructor, self.names.people),
                    percent=f"{one.percent:g}",
                    is_primary=one.is_primary,
                )
                for number, one in enumerate(value)
            ]
        empty = range(len(rows), len(rows) + EMPTY_ROWS + self.more_rows.get("instructors", 0))
        return [*rows, *(TeamRow(number=number) for number in empty)]


def meeting_row(number: int, one: Meeting, dates: tuple[str, str], buildings: Collection[str]) -> MeetingRow:
    """A meeting as the form shows it; those of `dates`, the section's, are left blank."""
    first, last = dates
    return MeetingRow(
        number=number,
        days=one.days,
        start_time=one.start_time,
        end_time=one.end_time,
        place=place_text(one.building, one.room, buildings),
        start_date="" if one.start_date == first else one.start_date,
        end_date="" if one.end_date == last else one.end_date,
        is_arranged=one.is_arranged,
    )


def _meetings_typed(posted: QueryDict) -> list[MeetingRow]:
    """The rows as they were typed, without empty ones."""
    written = [one for one in rows_posted(posted, "meetings") if any(one.get(name) for name in MEETING_PARTS)]
    return [
        MeetingRow(
            number=number,
            days=str(one.get("days", "")),
            start_time=one.get("start_time", ""),
            end_time=one.get("end_time", ""),
            place=one.get(PLACE, ""),
            start_date=one.get("start_date", ""),
            end_date=one.get("end_date", ""),
            pattern=one.get(PATTERN, ""),
            is_arranged=bool(one.get(ARRANGED)),
            is_removed=bool(one.get(REMOVED)),
        )
        for number, one in enumerate(written)
    ]


def _team_typed(posted: QueryDict) -> list[TeamRow]:
    primary = posted.get("instructors.primary", "")
    written = [
        one
        for one in rows_posted(posted, "instructors")
        if one.get("instructor") or one.get("percent") or str(one["number"]) == primary
    ]
    return [
        TeamRow(
            number=number,
            instructor=one.get("instructor", ""),
            percent=one.get("percent", ""),
            is_primary=str(one["number"]) == primary,
            is_removed=bool(one.get(REMOVED)),
        )
        for number, one in enumerate(written)
    ]


def person_words(who: str, people: Mapping[str, str]) -> str:
    """``Ada Yonath (I2)``: a person as the form writes and reads them."""
    return f"{people[who]} ({who})" if people.get(who, who) != who else who


def _choices(shown: Field) -> list[tuple[str, str]]:
    if shown.kind is Kind.BOOLEAN:
        return [("True", "Yes"), ("False", "No")]
    return [(one, WORDS.get(one, one)) for one in shown.choices]
