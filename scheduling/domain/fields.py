"""The catalogue of section fields: one list for merge policy, phases, forms, API, audit and files.

Adding a field is one entry here and one migration. Fields that an institution defines itself
(`CustomField` rows) join the same catalogue through `Catalogue.with_custom` under the name
``custom.<name>``; their values live in the section's JSON column ``custom``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a field's value is written, checked and compared (see `values.canonical`)."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    CREDITS = "credits"
    DATE = "date"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    COURSE = "course"
    MEETINGS = "meetings"
    INSTRUCTORS = "instructors"


class Group(StrEnum):
    """Where the editor shows a field."""

    GENERAL = "General"
    MEETINGS = "Meetings & rooms"
    INSTRUCTORS = "Instructors"
    CREDITS = "Credits"
    RELATIONSHIPS = "Relationships"
    CUSTOM = "Custom"


class Source(StrEnum):
    """The five sources of truth (DOMAIN.md, Merge settings)."""

    ALWAYS_SIS = "ALWAYS_SIS"
    ALWAYS_TANDEM = "ALWAYS_TANDEM"
    PREFER_SIS = "PREFER_SIS"
    PREFER_TANDEM = "PREFER_TANDEM"
    ASK = "ASK"


STATUSES = ("ACTIVE", "CANCELLED")
DAYS = "MTWRFSU"


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One section field.

    `default_source` is who wins where two sides differ unless the merge settings say otherwise;
    a field with `is_from_sis` is owned by the SIS for good (people here never edit it);
    `can_be_sent` says whether the settings may allow it to be written to the SIS at all;
    `is_plural` says that its label is: "Meetings are locked".
    """

    name: str
    label: str
    kind: Kind
    group: Group = Group.GENERAL
    default_source: Source = Source.ASK
    can_be_sent: bool = True
    is_from_sis: bool = False
    is_required: bool = False
    is_plural: bool = False
    choices: tuple[str, ...] = ()
    max_length: int = 0
    minimum: int | None = None
    maximum: int | None = None

    @property
    def is_custom(self) -> bool:
        """Whether the institution defined this field."""
        return self.name.startswith("custom.")

    @property
    def are(self) -> str:
        """The verb after the label."""
        return "are" if self.is_plural else "is"


def _from_sis(name: str, label: str, kind: Kind, **limits: int) -> Field:
    return Field(
        name=name,
        label=label,
        kind=kind,
        default_source=Source.ALWAYS_SIS,
        can_be_sent=False,
        is_from_sis=True,
        **limits,  # type: ignore[arg-type]  # only whole-number limits come this way
    )


SECTION_FIELDS: tuple[Field, ...] = (
    _from_sis("crn", "CRN", Kind.TEXT, max_length=64),
    Field(name="course", label="Course", kind=Kind.COURSE, is_required=True),
    Field(name="section_number", label="Section number", kind=Kind.TEXT, is_required=True, max_length=10),
    Field(name="title", label="Title", kind=Kind.TEXT, max_length=200),
    Field(name="status", label="Status", kind=Kind.CHOICE, is_required=True, choices=STATUSES),
    Field(name="schedule_type", label="Schedule type", kind=Kind.TEXT, max_length=20),
    Field(name="instruction_mode", label="Instruction mode", kind=Kind.TEXT, max_length=20),
    Field(name="campus", label="Campus", kind=Kind.TEXT, max_length=40),
    Field(name="part_of_term", label="Part of term", kind=Kind.TEXT, max_length=20),
    Field(name="start_date", label="Start date", kind=Kind.DATE),
    Field(name="end_date", label="End date", kind=Kind.DATE),
    Field(name="credits", label="Credits", kind=Kind.CREDITS, group=Group.CREDITS, is_plural=True),
    Field(
        name="capacity",
        label="Capacity",
        kind=Kind.INTEGER,
        default_source=Source.PREFER_TANDEM,
        minimum=0,
        maximum=99_999,
    ),
    Field(
        name="waitlist_capacity",
        label="Waitlist capacity",
        kind=Kind.INTEGER,
        default_source=Source.PREFER_TANDEM,
        minimum=0,
        maximum=99_999,
    ),
    _from_sis("enrollment", "Enrolled", Kind.INTEGER, minimum=0, maximum=99_999),
    _from_sis("waitlisted", "Waitlisted", Kind.INTEGER, minimum=0, maximum=99_999),
    Field(
        name="notes",
        label="Notes",
        kind=Kind.LONG_TEXT,
        is_plural=True,
        default_source=Source.PREFER_TANDEM,
        max_length=10_000,
    ),
    Field(
        name="meetings",
        label="Meetings",
        kind=Kind.MEETINGS,
        is_plural=True,
        group=Group.MEETINGS,
        default_source=Source.PREFER_TANDEM,
    ),
    Field(
        name="instructors",
        label="Instructors",
        kind=Kind.INSTRUCTORS,
        is_plural=True,
        group=Group.INSTRUCTORS,
        default_source=Source.PREFER_TANDEM,
    ),
)

CROSSLIST = "CROSSLIST"
RELATIONSHIP_KINDS = (CROSSLIST, "LINKED")
RELATIONSHIP_CAPACITY = Field(name="capacity", label="Capacity", kind=Kind.INTEGER, minimum=0, maximum=99_999)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """An ordered set of fields, looked up by name."""

    fields: tuple[Field, ...] = SECTION_FIELDS

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    def __getitem__(self, name: str) -> Field:
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(field.name == name for field in self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in order."""
        return tuple(field.name for field in self.fields)

    def with_custom(self, custom: Iterable[Field]) -> "Catalogue":
        """The catalogue followed by the institution's own fields."""
        return Catalogue((*self.fields, *custom))


CATALOGUE = Catalogue()
