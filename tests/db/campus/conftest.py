"""One loaded campus a module; every test has a copy of its SIS and a transaction that is taken back."""

import shutil

import pytest
import time_machine

from tests.campus import NOW, Campus, loaded_once


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("campus") / "sis"
    with django_db_blocker.unblock(), time_machine.travel(NOW), loaded_once(folder) as campus:
        yield campus


@pytest.fixture
def clock(loaded, db):
    with time_machine.travel(NOW) as traveller:
        yield traveller


@pytest.fixture
def campus_with(loaded, clock, tmp_path):
    """Makes the loaded campus with a SIS of these options (the query of `SIS_URL`)."""

    def make(options=""):
        shutil.copytree(loaded.folder, tmp_path / "sis")
        return Campus(folder=tmp_path / "sis", options=options, registrar=loaded.registrar)

    return make


@pytest.fixture
def campus(campus_with):
    return campus_with()
