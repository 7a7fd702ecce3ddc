"""The demo's data: a made-up institution in a fake SIS, one of its terms imported, people to sign in as."""

import io
from dataclasses import dataclass

from django.core.management import call_command
from django.utils import timezone

from config.state import SIS
from integration.institution.writing import terms, write_institution
from scheduling.models import ChangeLog, Department
from scheduling.services.audit import Author
from scheduling.services.users import save_user

TERMS = 2
FINISHED_WITH_ISSUES = 1
"""An exit status of `execute_merge`: what is amiss with some records is shown on the pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoUser:
    """Somebody to sign in as."""

    name: str
    does: str
    """What this person may do, for the list of log-ins."""
    role: str
    products: tuple[str, ...] = ("scheduling",)
    has_one_department: bool = False


USERS = (
    DemoUser(name="registrar", role="REGISTRAR", does="edits every section"),
    DemoUser(
        name="scheduler", role="SCHEDULER", does="sees one department's sections", has_one_department=True
    ),
    DemoUser(name="viewer", role="VIEWER", does="looks and changes nothing"),
    DemoUser(
        name="admin", role="REGISTRAR", does="looks after the merges too", products=("scheduling", "admin")
    ),
)


class MergeFailed(Exception):
    """The demo's first import did not go through; the message is what the merge said."""


def make(*, sections: int, password: str) -> None:
    """Make what is not there yet. Raises `MergeFailed`."""
    first = next(terms(TERMS)).code
    if not SIS.exists():
        print(f"Making an institution with {sections} sections a term …", flush=True)
        write_institution(SIS, sections=sections, term_count=TERMS)
    print(f"Importing term {first} from its SIS …", flush=True)
    _merge(first)
    call_command("enable_term", first, "--send", stdout=io.StringIO())
    department = Department.objects.order_by("code").values_list("code", flat=True).first()
    for user in USERS:
        save_user(
            user.name,
            roles=[user.role],
            departments=[department] if user.has_one_department and department else [],
            products=user.products,
            password=password,
            author=Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, name="demo"),
        )


def _merge(term_code: str) -> None:
    said = io.StringIO()
    try:
        call_command("execute_merge", "all", "--term", term_code, "--no-progress", stdout=said, stderr=said)
    except SystemExit as status:
        if status.code != FINISHED_WITH_ISSUES:
            raise MergeFailed(f"The import of term {term_code} failed:\n{said.getvalue()}") from status
