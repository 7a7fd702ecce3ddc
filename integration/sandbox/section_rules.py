"""What the SIS checks of a section: the rules of both profiles, then those of Banner and of Colleague."""

from .books import Books, Entry
from .kinds import Change, fixed
from .properties import invalid, missing
from .refusals import Refusal, ora
from .vocabulary import OWN_IDS

LONGEST_TITLE = 30
CREDIT_FACTOR = 2


def check(change: Change) -> None:
    """Refuse a section that cannot be. Only what changes is looked at: a real SIS holds old faults too."""
    fixed(change, "term")
    row = change.row
    for column, name in (("title", "titles"), ("start_date", "startOn")):
        if change.touches(column) and not row[column]:
            raise missing(name)
    for one in change.after.extra.get("alternate ids", ()):
        if one.get("title") in OWN_IDS and one.get("value") != row["id"]:
            raise invalid(f"The {one['title']} of a section is given by the SIS and cannot be changed.")
    _check_dates(change)
    _check_number(change)
    if change.touches("course_id"):
        course = change.books.get("courses", row["course_id"]).row
        if course["term"] != row["term"]:
            raise invalid(f"The course {course['subject']} {course['number']} is not offered in this term.")
    if change.books.is_banner:
        _check_banner(change)
        if change.touches("status") and row["status"] == "CANCELLED" and change.before is not None:
            _check_cancel(change)
    else:
        _check_colleague(change)


def _check_dates(change: Change) -> None:
    row = change.row
    if not change.touches("start_date", "end_date"):
        return
    if row["end_date"] < row["start_date"]:
        raise invalid("The section ends before it begins.")
    term = change.books.get("academic-periods", row["term"]).row
    if change.touches("start_date") and not term["start_date"] <= row["start_date"] <= term["end_date"]:
        message = f"The section must begin between {term['start_date']} and {term['end_date']}."
        raise invalid(message, code="Section.StartDate.OutOfRange")


def _check_number(change: Change) -> None:
    row, books = change.row, change.books
    if not change.touches("course_id", "section_number", "status") or row["status"] == "CANCELLED":
        return
    for key in books.under("sections of course", row["course_id"]):
        other = books.get("sections", key).row
        if key != change.key and (other["term"], other["section_number"], other["status"]) == (
            row["term"],
            row["section_number"],
            "ACTIVE",
        ):
            message = f"Section number {row['section_number']} is already used for this course and term."
            raise invalid(message, code="Section.Duplicate")


def _check_colleague(change: Change) -> None:
    before = change.before.extra if change.before else {}
    name = "chargeAssessmentMethod"
    if change.before is not None and before.get(name) != change.after.extra.get(name):
        raise invalid("The charge assessment method of a section cannot be changed.")


def _check_banner(change: Change) -> None:
    row = change.row
    if change.touches("title") and len(row["title"]) > LONGEST_TITLE:
        raise invalid(f"Section title must not be longer than {LONGEST_TITLE} characters.")
    if change.touches("campus") and not row["campus"]:
        raise invalid("Campus is required.")
    if change.touches("part_of_term") and not row["part_of_term"]:
        raise invalid("Part of term is required.")
    if change.before is not None and int(change.before.row["enrollment"] or 0):
        for column, words in (("part_of_term", "Part of term"), ("schedule_type", "Instructional method")):
            if change.touches(column):
                raise invalid(f"{words} cannot be changed, students are enrolled.")
    if change.touches("credits") and row["credits"]:
        course = change.books.tables["courses"].get(row["course_id"])
        most = max(1, CREDIT_FACTOR * float((course and course.row["credits"]) or "inf"))
        if float(row["credits"]) > most:
            message = "Section credit hours are not within the range of the course."
            raise Refusal("Validation.Exception", message, banner=ora(message, f"Range is 0 to {most:g}."))


def _check_cancel(change: Change) -> None:
    """A section is cancelled last: after its instructors, its meetings and its places."""
    books = change.books
    if books.under("instructors of section", change.key):
        raise invalid("Instructors are assigned, section cannot be cancelled.")
    if books.under("events of section", change.key):
        raise invalid("Meeting times exist, section cannot be cancelled.")
    if change.row["capacity"] not in {"", "0"}:
        raise invalid("Maximum enrollment must be 0, section cannot be cancelled.")


def check_delete(books: Books, key: str, entry: Entry) -> None:
    """Refuse to delete a section that something hangs on. Only Banner deletes sections at all."""
    if int(entry.row["enrollment"] or 0):
        raise invalid("Students are enrolled, section cannot be deleted.")
    for index, words in (
        ("crosslists of section", "Section is cross listed"),
        ("instructors of section", "Instructors are assigned"),
        ("events of section", "Meeting times exist"),
    ):
        if books.under(index, key):
            raise invalid(f"{words}, section cannot be deleted.")
