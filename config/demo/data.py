"""The demo's data: an institution in a sandbox SIS, two of its terms imported, people to sign in as."""

import io
from dataclasses import dataclass

from django.core.management import call_command
from django.utils import timezone

from config.demo.phases import set_phases
from config.demo.registrar import Registrar
from config.demo.story import MergeFailed, Story, merge
from config.state import SIS
from integration.institution.writing import terms, write_institution
from scheduling.models import ChangeLog, Department, User
from scheduling.services.audit import Author
from scheduling.services.users import save_user

__all__ = ["SECTIONS", "USERS", "DemoUser", "MergeFailed", "make", "make_institution"]
TERMS = 3
"""The SIS offers one more than is imported: a rolled term to bring in."""
SECTIONS = 3_000
"""Sections in a term."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DemoUser:
    """Somebody to sign in as."""

    name: str
    does: str
    """What this person may do, for the list of log-ins."""
    role: str
    products: tuple[str, ...] = ("scheduling",)
    departments: range = range(0)
    """Which of the departments, in the order of their codes."""


USERS = (
    DemoUser(
        name="admin",
        role="REGISTRAR",
        does="looks after the merges in the console",
        products=("scheduling", "admin"),
    ),
    DemoUser(name="registrar", role="REGISTRAR", does="edits every section"),
    DemoUser(
        name="scheduler",
        role="SCHEDULER",
        does="edits two departments' sections, and asks for what the phase locks",
        departments=range(2),
    ),
    DemoUser(
        name="colleague",
        role="SCHEDULER",
        does="edits the second of them too, and a third",
        departments=range(1, 3),
    ),
    DemoUser(name="instructor", role="INSTRUCTOR", does="looks at one department", departments=range(1)),
    DemoUser(name="viewer", role="VIEWER", does="looks and changes nothing"),
)


def make_institution(sections: int) -> None:
    """Make the folder that the SIS begins with, if it is not there yet."""
    if not SIS.exists():
        print(f"Making an institution with {sections:,} sections a term …", flush=True)
        write_institution(SIS, sections=sections, term_count=TERMS)


def make(*, password: str) -> None:
    """Fill Tandem from the SIS with what is not there yet. Raises `MergeFailed`."""
    spring, fall, _rolled = (one.code for one in terms(TERMS))
    print(f"Importing terms {spring} and {fall} from its SIS …", flush=True)
    merge("all", "--term", spring, "--term", fall)
    for term in (spring, fall):
        call_command("enable_term", term, "--send", "--nightly", "--real-time", stdout=io.StringIO())
    _make_users(password)
    if not ChangeLog.objects.filter(record_type="section", source=ChangeLog.Source.FORM).exists():
        print("A few days' work of a registrar's office …", flush=True)
        registrar = User.objects.get(username="registrar")
        Story(sis=Registrar(), spring=spring, fall=fall, registrar=registrar).tell()
        set_phases(draft=spring, locked=fall, registrar=registrar, now=timezone.localtime())


def _make_users(password: str) -> None:
    codes = list(Department.objects.order_by("code").values_list("code", flat=True))
    for user in USERS:
        save_user(
            user.name,
            roles=[user.role],
            departments=[codes[place] for place in user.departments if place < len(codes)],
            products=user.products,
            password=password,
            author=Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, name="demo"),
        )
