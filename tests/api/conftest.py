"""Two departments with sections, and people who ask for them through the API."""

import datetime as dt
import itertools
from dataclasses import dataclass, field

import pytest
from django.test import Client

from scheduling.models import (
    ApiToken,
    Building,
    Course,
    Department,
    Instructor,
    InstructorAssignment,
    Meeting,
    Role,
    RoleAssignment,
    Room,
    Section,
    Term,
    User,
)

SECTIONS = "/api/v1/sections/"


@dataclass
class Api:
    """Somebody with a token."""

    user: User
    client: Client = field(default_factory=Client)

    def __post_init__(self):
        self.headers = {"Authorization": f"Bearer {ApiToken.issue(self.user)}"}

    def get(self, path=SECTIONS, **query):
        return self.client.get(path, query, headers=self.headers)

    def patch(self, section, body, *, version=None, **headers):
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self.client.patch(
            f"{SECTIONS}{section.pk}/", body, "application/json", headers=self.headers | headers
        )


def call(api: Api, method, path, body=None, *, version=None):
    """A request of `api` below /api/v1/, at `version` (in If-Match) if there is one."""
    headers = api.headers | ({} if version is None else {"If-Match": f'"{version}"'})
    given = {} if body is None else {"data": body, "content_type": "application/json"}
    return getattr(api.client, method)(f"/api/v1/{path}", headers=headers, **given)


@pytest.fixture
def term(db):
    return Term.objects.create(
        code="20271", name="Spring 2027", start_date=dt.date(2027, 2, 1), end_date=dt.date(2027, 5, 28)
    )


@pytest.fixture
def course_of(term):
    def make(subject, number="101", **values):
        department, _made = Department.objects.get_or_create(code=subject, defaults={"name": subject})
        given = {"sis_id": f"C-{subject}-{number}", "credits": "1.00", "department": department, "term": term}
        return Course.objects.create(subject=subject, number=number, **(given | values))

    return make


@pytest.fixture
def biology(course_of):
    return course_of("BIO", title="Cells")


@pytest.fixture
def sections_of():
    """Makes `count` sections of a course, each with two meetings and a teacher, in few statements."""

    numbers = itertools.count(1)

    def make(course, count=1, **values):
        given = {"term": course.term, "course": course, "title": "Cells", "capacity": 24, "credits": "1.00"}
        made = Section.objects.bulk_create(
            Section(
                **given
                | {"section_number": f"{number:02d}", "sis_id": f"S{number}", "crn": f"{number:05d}"}
                | values
            )
            for number in itertools.islice(numbers, count)
        )
        hall, _made = Building.objects.get_or_create(code="HAL", defaults={"name": "Hall"})
        room, _made = Room.objects.get_or_create(building=hall, number="101", defaults={"capacity": 30})
        person, _made = Instructor.objects.get_or_create(sis_id="I1", defaults={"last_name": "Curie"})
        morning = {"days": "MWF", "start_time": dt.time(9), "end_time": dt.time(9, 50)}
        Meeting.objects.bulk_create(
            Meeting(section=one, **parts)
            for one in made
            for parts in ({"room": room, **morning}, {"building": hall})
        )
        InstructorAssignment.objects.bulk_create(
            InstructorAssignment(section=one, instructor=person, is_primary=True) for one in made
        )
        return made

    return make


@pytest.fixture
def section(biology, sections_of):
    """A section of BIO 101 that meets at no time that the checks would mind."""
    made = sections_of(biology)[0]
    made.meetings.filter(room__isnull=False).delete()
    return made


@pytest.fixture
def user_of(db):
    def make(role="", departments=(), *, everywhere=False, **flags):
        user = User.objects.create_user(f"user{User.objects.count()}", **({"has_scheduling": True} | flags))
        if role:
            code, _made = Role.objects.get_or_create(code=role, defaults={"name": role.capitalize()})
            held = RoleAssignment.objects.create(user=user, role=code, is_for_all_departments=everywhere)
            held.departments.set(Department.objects.filter(pk__in=departments))
        return user

    return make


@pytest.fixture
def api_of(user_of):
    """`api_of(role, departments, everywhere=…)`: a new user with a token."""

    def make(*args, **named):
        return Api(user_of(*args, **named))

    return make


@pytest.fixture
def registrar(api_of):
    return api_of("REGISTRAR", everywhere=True)


@pytest.fixture
def scheduler(api_of, biology):
    return api_of("SCHEDULER", ["BIO"])


@pytest.fixture
def art(course_of):
    return course_of("ART")


@pytest.fixture
def pair(biology, sections_of):
    return [one.pk for one in sections_of(biology, 2)]


def refused(answer, status, code):
    assert answer.status_code == status, answer.content
    assert answer.json()["code"] == code
    return answer.json()


def new_group(api, pair, **changes):
    body = {"term": "20271", "kind": "CROSSLIST", "members": pair, "primary": pair[0]} | changes
    return call(api, "post", "relationships/", body)
