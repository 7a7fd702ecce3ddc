"""A small institution to build tests on, and the people who edit it."""

import dataclasses
import datetime as dt
import re
import threading
from dataclasses import dataclass, field

import pytest
from django.db import connection, connections, transaction

from scheduling.domain.errors import DomainError
from scheduling.domain.fields import CATALOGUE
from scheduling.domain.values import canonical
from scheduling.models import (
    Building,
    ChangeLog,
    Course,
    Department,
    Instructor,
    Role,
    RoleAssignment,
    Room,
    Section,
    Term,
    User,
)
from scheduling.services import relationships, sections
from scheduling.services.audit import Author
from scheduling.services.section_rows import write_meetings, write_teams
from scheduling.signals import relationship_saved, section_saved

NOW = dt.datetime(2027, 1, 12, 17, 0, tzinfo=dt.UTC)
MWF = {"days": "MWF", "start_time": "09:00", "end_time": "09:50", "building": "HAL", "room": "101"}
OURS = ("scheduling_", "integration_", "phases_")
DELIVERED = re.compile(r"integration_mergeprofile|scheduling_role$|phases_(role|phase)")
"""Tables with rows of the migrations."""


class Heard(list):
    """What a signal said, in order."""

    def __call__(self, *, sender, signal, records=None, **said):
        self.extend([said] if records is None else [said | dataclasses.asdict(one) for one in records])


@dataclass
class Schedule:
    """Builds rows, each with a default for everything a test does not care about."""

    term: Term
    registrar: User
    now: dt.datetime = NOW
    numbers: list[int] = field(default_factory=lambda: [0])

    def author(self, user=None, **changes):
        given = {"now": self.now, "source": ChangeLog.Source.COMMAND, "user": user or self.registrar}
        return Author(**(given | changes))

    def user(self, role="", *, departments=(), is_for_all=False, name=None, **flags):
        user = User.objects.create_user(
            name or f"user{User.objects.count()}", **({"has_scheduling": True} | flags)
        )
        if role:
            code, _made = Role.objects.get_or_create(code=role, defaults={"name": role.capitalize()})
            held = RoleAssignment.objects.create(user=user, role=code, is_for_all_departments=is_for_all)
            held.departments.set(Department.objects.filter(pk__in=departments))
        return user

    def course(self, subject="BIO", number="101", *, term=None, **values):
        department, _made = Department.objects.get_or_create(code=subject, defaults={"name": subject})
        term = term or self.term
        given = {"sis_id": f"C-{subject}-{number}", "credits": "1.00", "department": department}
        return Course.objects.create(term=term, subject=subject, number=number, **(given | values))

    def room(self, number="101", building="HAL", *, capacity=30, **values):
        home, _made = Building.objects.get_or_create(code=building, defaults={"name": building})
        return Room.objects.create(building=home, number=number, capacity=capacity, **values)

    def instructor(self, sis_id="I1", **values):
        return Instructor.objects.create(sis_id=sis_id, last_name=sis_id, **values)

    def section(self, course=None, **values):
        """Made by the service, as a registrar would; returns its id."""
        if course is None:
            course = Course.objects.filter(term=self.term).first() or self.course()
        self.numbers[0] += 1
        given = {"course": course.sis_id, "section_number": f"{self.numbers[0]:02d}"}
        return sections.create_section(course.term_id, {**given, **values}, author=self.author()).section_id

    def imported(self, course=None, *, number="01", meetings=(), team=(), **values):
        """A section as an import writes it: no number reserved, no check asked; returns its id."""
        course = course or Course.objects.filter(term=self.term).first() or self.course()
        self.numbers[0] += 1
        given = {"sis_id": f"S{self.numbers[0]}", "crn": f"{self.numbers[0]:05d}"} | values
        made = Section.objects.create(term=course.term, course=course, section_number=number, **given)
        write_meetings({made.pk: canonical(CATALOGUE["meetings"], list(meetings))})
        write_teams({made.pk: canonical(CATALOGUE["instructors"], [{"instructor": who} for who in team])})
        return made.pk

    def crosslist(self, *members, primary=None, capacity=None, kind="CROSSLIST"):
        return relationships.create_relationship(
            self.term.pk, kind=kind, members=members, primary=primary, capacity=capacity, author=self.author()
        ).relationship_id


def new_schedule():
    """Spring 2027 and a registrar for all departments; everything else is made as it is needed."""
    term = Term.objects.create(
        code="20271", name="Spring 2027", start_date=dt.date(2027, 2, 1), end_date=dt.date(2027, 5, 28)
    )
    made = Schedule(term=term, registrar=None)
    made.registrar = made.user("REGISTRAR", is_for_all=True, name="registrar")
    return made


@pytest.fixture
def schedule(db):
    return new_schedule()


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
    """The database for tests in which other connections or processes take part.

    What they commit is deleted again; what the migrations made stays, which a flush would take from the tests
    that follow.
    """
    with django_db_blocker.unblock():
        yield
        with transaction.atomic(), connection.cursor() as cursor:  # the foreign keys are looked at in the end
            for table in connection.introspection.table_names(cursor):
                if table.startswith(OURS) and not DELIVERED.match(table):
                    cursor.execute(f'DELETE FROM "{table}"')


@pytest.fixture
def shared_schedule(committed):
    """A schedule that every connection sees."""
    return new_schedule()


def at_once(*works):
    """Run the works in threads of their own at the same moment; return what each raised (None: nothing)."""
    barrier, outcomes = threading.Barrier(len(works)), [None] * len(works)

    def run(index, work):
        try:
            barrier.wait()
            work()
        except DomainError as error:
            outcomes[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.fixture
def together():
    """`at_once`, which see."""
    return at_once


@pytest.fixture
def mwf():
    """A meeting in HAL 101, Mondays, Wednesdays and Fridays at 9."""
    return dict(MWF)


@pytest.fixture
def heard():
    """What the write services tell: (sections, relationships)."""
    sections_heard, groups_heard = Heard(), Heard()
    section_saved.connect(sections_heard)
    relationship_saved.connect(groups_heard)
    yield sections_heard, groups_heard
    section_saved.disconnect(sections_heard)
    relationship_saved.disconnect(groups_heard)


@pytest.fixture
def changes_of():
    """The audit rows of a record, oldest first."""

    def rows(record_id, record_type="section"):
        return list(
            ChangeLog.objects.filter(record_type=record_type, record_id=str(record_id)).order_by("id")
        )

    return rows
