"""The parts of OneRoster's records that Tandem takes, named as there."""

from typing import Literal

import msgspec


class Reference(msgspec.Struct):
    """A link to another record."""

    sourcedId: str  # noqa: N815  # OneRoster's own name, as are those below


class Record(msgspec.Struct, kw_only=True):
    """What every record has. One that is to be deleted is still listed for a while."""

    sourcedId: str  # noqa: N815  # as above
    status: Literal["active", "tobedeleted"]


class Session(Record, kw_only=True):
    """A term."""

    title: str
    startDate: str  # noqa: N815  # as above
    endDate: str  # noqa: N815  # as above


class Org(Record, kw_only=True):
    """A school, a department or the like."""

    name: str
    type: str
    identifier: str = ""


class Course(Record, kw_only=True):
    """A course of the catalogue; it belongs to no term."""

    title: str
    courseCode: str  # noqa: N815  # as above


class Class(Record, kw_only=True):
    """What Tandem calls a section."""

    title: str
    course: Reference
    classCode: str = ""  # noqa: N815  # as above


class Enrollment(Record, kw_only=True):
    """Who has to do with a class, students included; `primary` is ``true`` or ``false``."""

    role: str
    user: Reference
    class_: Reference = msgspec.field(name="class")
    primary: str = "false"


class User(Record, kw_only=True):
    """A person."""

    givenName: str  # noqa: N815  # as above
    familyName: str  # noqa: N815  # as above
    email: str = ""
    primaryOrg: Reference | None = None  # noqa: N815  # as above
