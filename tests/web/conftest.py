"""People of every kind, signed in."""

import datetime as dt
import shutil

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from integration.models import MergeRun
from scheduling.models import Department, Relationship, Role, RoleAssignment, Term, User
from scheduling.services.relationships import create_relationship
from tests.campus import NOW, TERM, Campus, loaded_once
from tests.web.whoever import WHO, World

PASSWORD = "a long made-up password"
KINDS = {
    "anonymous": None,
    "no product": {"has_scheduling": False, "role": "REGISTRAR"},
    "no role": {},
    "viewer": {"role": "VIEWER"},
    "scheduler": {"role": "SCHEDULER", "departments": ["BIO"]},
    "registrar": {"role": "REGISTRAR"},
    "admin": {"has_admin": True},
    "full admin": {"role": "REGISTRAR", "has_admin": True},
}


def user_with(name, *, role="", departments=(), **flags):
    user = User.objects.create_user(name, password=PASSWORD, **({"has_scheduling": True} | flags))
    if role:
        code, _made = Role.objects.get_or_create(code=role, defaults={"name": role.capitalize()})
        held = RoleAssignment.objects.create(user=user, role=code, is_for_all_departments=not departments)
        held.departments.set(
            Department.objects.get_or_create(code=one, defaults={"name": one})[0] for one in departments
        )
    return user


@pytest.fixture
def person(db):
    """`person(kind)`: a client on which somebody of this kind is signed in; `client.user` is who."""

    def make(kind, **options):
        client = Client(**options)
        client.user = None
        if KINDS[kind] is not None:
            client.user = user_with(kind.replace(" ", "-"), **KINDS[kind])
            client.force_login(client.user)
        return client

    return make


@pytest.fixture
def term_of(db):
    """`term_of(code)`: a term that runs now, or with other dates in days from today."""

    def make(code="20271", *, starts=-30, ends=90, **values):
        today = timezone.localdate()
        start, end = today + dt.timedelta(days=starts), today + dt.timedelta(days=ends)
        return Term.objects.create(
            code=code, start_date=start, end_date=end, **({"name": f"Term {code}"} | values)
        )

    return make


@pytest.fixture
def run_of(db):
    """`run_of(type, term, …)`: a run that ended at noon of 12 Jan 2027."""

    def make(merge_type, term=None, **values):
        given = {
            "status": MergeRun.Status.SUCCEEDED,
            "started_at": dt.datetime(2027, 1, 12, 11, 59, tzinfo=dt.UTC),
            "finished_at": dt.datetime(2027, 1, 12, 12, 0, tzinfo=dt.UTC),
        }
        return MergeRun.objects.create(merge_type=merge_type, term=term, **(given | values))

    return make


@pytest.fixture(scope="module")
def loaded_campus(django_db_setup, django_db_blocker, tmp_path_factory):
    """The small college after its first import, until its module is done."""
    with django_db_blocker.unblock(), loaded_once(tmp_path_factory.mktemp("college") / "sis") as campus:
        yield campus


@pytest.fixture
def campus(loaded_campus, db, tmp_path, settings):
    """The loaded college with a copy of its SIS, in a transaction that is taken back."""
    shutil.copytree(loaded_campus.folder, tmp_path / "sis")
    campus = Campus(folder=tmp_path / "sis", registrar=loaded_campus.registrar)
    settings.SIS_URL = campus.url
    return campus


@pytest.fixture
def registrar(campus, person):
    """The client of a registrar of the loaded college."""
    return person("registrar")


@pytest.fixture
def mixed(campus):
    """A crosslist of biology (primary, in the SIS) and chemistry (not in it yet)."""
    new = campus.create("N", "C2")
    made = create_relationship(
        TERM,
        kind="CROSSLIST",
        members=[campus.id_of("S1"), new],
        primary=campus.id_of("S1"),
        capacity=50,
        author=campus.author(),
    )
    return Relationship.objects.get(pk=made.relationship_id)


@pytest.fixture(scope="module")
def whoever_once(django_db_setup, django_db_blocker, tmp_path_factory):
    """A college with somebody of each kind of `WHO`, made once a module."""
    with django_db_blocker.unblock(), time_machine.travel(NOW), transaction.atomic():
        campus = Campus(folder=tmp_path_factory.mktemp("doors") / "sis")
        campus.load()
        people = {who: held and user_with(who.replace(" ", "-"), **held) for who, held in WHO.items()}
        yield World(campus=campus, people=people)
        transaction.set_rollback(True)


@pytest.fixture
def world(whoever_once, db):
    with time_machine.travel(NOW):
        yield whoever_once
