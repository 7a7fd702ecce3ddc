"""Changes that reach enrolled students: another day, time, campus or credits, or no class at all.

A person at a page is asked to confirm with the number of students; a program cannot be asked, so that the
API and commands carry it out and tell (docs/adr/0010).
"""

from collections import Counter
from collections.abc import Iterable

from scheduling.domain.checks import Finding, Severity
from scheduling.domain.errors import ConfirmationNeeded
from scheduling.models import ChangeLog, Section

from .audit import Author
from .section_values import Values

STUDENTS_ENROLLED = "STUDENTS_ENROLLED"
EVERYBODY = 10**9
"""More students than there are: who confirmed so many is told and not asked."""
WORDS = {"campus": "the campus", "credits": "the credits", "meetings": "days or times"}


def students_touched(section: Section, before: Values, changed: Values, *, author: Author) -> list[Finding]:
    """A warning that says how many students the change reaches; nothing where it reaches none.

    Raises `ConfirmationNeeded` for a person at a page who was not told of so many.
    """
    what = _what_reaches_students(before, changed)
    if not what or not section.enrollment:
        return []
    count = section.enrollment
    students = f"{count} enrolled {'student' if count == 1 else 'students'}"
    if changed.get("status") == Section.Status.CANCELLED:
        message, field = f"Cancelling {section} takes the class from its {students}.", "status"
    else:
        words = " and ".join(WORDS[name] for name in what)
        message, field = f"Changing {words} of {section} touches its {students}.", what[0]
    if author.source == ChangeLog.Source.FORM and author.confirmed_students < count:
        raise ConfirmationNeeded(message, field, students=count)
    return [
        Finding(
            code=STUDENTS_ENROLLED, severity=Severity.WARNING, message=message, field=field, other=str(count)
        )
    ]


def students_of(findings: Iterable[Finding]) -> int:
    """How many students a save reaches, as its findings tell."""
    return sum(int(one.other) for one in findings if one.code == STUDENTS_ENROLLED)


def _what_reaches_students(before: Values, changed: Values) -> list[str]:
    if changed.get("status") == Section.Status.CANCELLED:
        return ["status"]
    found = [name for name in ("campus", "credits") if name in changed]
    if "meetings" in changed and _times(before) != _times(changed):
        found.append("meetings")
    return found


def _times(values: Values) -> Counter[tuple[str, str, str]]:
    return Counter((one.days, one.start_time, one.end_time) for one in values.get("meetings") or ())
