"""A good first import, made once a module, and copies of its folder to spoil."""

import shutil

import pytest
from django.db import connection
from django.test import override_settings

from integration.models import MergeRun
from scheduling.models import (
    Building,
    Campus,
    ChangeLog,
    Department,
    Instructor,
    Term,
)
from tandem_conformance.institution import write_institution
from tests.spoiled_drop import merge

ROOTS = (Term, Department, Building, Campus, Instructor, MergeRun, ChangeLog)
CLEAR = f"TRUNCATE {', '.join(model._meta.db_table for model in ROOTS)} CASCADE"


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """A good first import, made once and taken away after the last test of this module: its folder."""
    folder = write_institution(tmp_path_factory.mktemp("loaded") / "drop")
    with django_db_blocker.unblock(), override_settings(SIS_URL=f"csv://{folder}"):
        assert merge("all").exit_code == 0
    yield folder
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(CLEAR)


@pytest.fixture
def imported(loaded, db, tmp_path, settings):
    """A copy of its folder to spoil; what is done to the database is undone."""
    folder = shutil.copytree(loaded, tmp_path / "drop")
    settings.SIS_URL = f"csv://{folder}"
    return folder


@pytest.fixture
def empty(loaded, db):
    """A database in which nothing was imported yet."""
    with connection.cursor() as cursor:
        cursor.execute(CLEAR)


@pytest.fixture
def drop(empty, tmp_path, settings):
    """The folder, of which nothing was imported yet."""
    folder = write_institution(tmp_path / "drop")
    settings.SIS_URL = f"csv://{folder}"
    return folder
