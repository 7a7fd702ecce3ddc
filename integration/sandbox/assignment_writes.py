"""How an instructor of a section is written."""

from typing import Any

from .books import Books, Entry
from .event_writes import method
from .identity import guid
from .kinds import NUMBER, TEXT, Change, Columns, Kind, fixed
from .properties import amount_of, invalid, items_of, key_in, malformed

WHOLE = 100


def _percent(_books: Books, value: Any) -> Columns:
    percent = amount_of(value, "responsibilityPercentage")
    if percent and float(percent) > WHOLE:
        raise malformed("responsibilityPercentage", "a number from 0 to 100")
    return {"percent": percent}


def _role(_books: Books, value: Any) -> Columns:
    if value not in {None, "primary"}:
        raise malformed("instructorRole", "primary, or left out")
    return {"is_primary": str(value == "primary")}


def _events(books: Books, value: Any) -> Columns:
    if value is None:
        return {"extra": {"named events": None}}
    items = items_of(value, "instructionalEvents")
    keys = [key_in(books, "instructional-events", one, "instructionalEvents") for one in items]
    return {"extra": {"named events": [guid("instructional-events", key) for key in keys]}}


def _blank(books: Books, said: Columns) -> tuple[str, Columns]:
    key = f"{said['section_id']}/{said['instructor_id']}"
    if key in books.tables["section-instructors"]:
        raise invalid("The instructor is assigned to this section already.")
    number = books.fresh()  # one who left and comes back gets a GUID of its own
    return f"{key}/{number}", {"percent": "", "is_primary": "False"}


def check(change: Change) -> None:
    """Each person once, one primary instructor, meetings of this section."""
    fixed(change, "section_id", "instructor_id")
    row, books = change.row, change.books
    for key in books.under("instructors of section", row["section_id"]):
        other = books.get("section-instructors", key).row
        if key == change.key:
            continue
        if other["instructor_id"] == row["instructor_id"]:
            raise invalid("The instructor is assigned to this section already.")
        if change.touches("is_primary") and row["is_primary"] == other["is_primary"] == "True":
            raise invalid("The section has a primary instructor already.")
    mine = {guid("instructional-events", key) for key in books.under("events of section", row["section_id"])}
    if change.before is None and not mine.issuperset(change.after.extra.get("named events") or ()):
        raise invalid("An instructional event is of another section.")


def check_delete(books: Books, key: str, entry: Entry) -> None:
    """In Banner the primary instructor goes last."""
    others = set(books.under("instructors of section", entry.row["section_id"])) - {key}
    if books.is_banner and others and entry.row["is_primary"] == "True":
        raise invalid("Primary instructor cannot be removed while others are assigned.")


ASSIGNMENTS = Kind(
    columns={
        "section": lambda books, value: {"section_id": key_in(books, "sections", value, "section")},
        "instructor": lambda books, value: {"instructor_id": key_in(books, "persons", value, "instructor")},
        "responsibilityPercentage": _percent,
        "instructorRole": _role,
        "instructionalEvents": _events,
        "instructionalMethod": method,
    },
    kept={"workLoad": NUMBER, "workStartOn": TEXT, "workEndOn": TEXT},
    read_only=frozenset(),
    required=("section", "instructor"),
    blank=_blank,
    check=check,
    check_delete=check_delete,
)
