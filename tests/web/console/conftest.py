"""The person of the console."""

import shutil

import pytest

from tests.campus import Campus, loaded_once


@pytest.fixture
def admin(person):
    """A client on which somebody with the Admin product and every permission is signed in."""
    return person("full admin")


@pytest.fixture(scope="module")
def loaded_college(django_db_setup, django_db_blocker, tmp_path_factory):
    """The small college, loaded and set to send, until its module is done."""
    with django_db_blocker.unblock(), loaded_once(tmp_path_factory.mktemp("college") / "sis") as campus:
        campus.enable()
        yield campus


@pytest.fixture
def college(loaded_college, db, tmp_path, settings):
    """The loaded college with a copy of its SIS, in a transaction that is taken back."""
    shutil.copytree(loaded_college.folder, tmp_path / "sis")
    campus = Campus(folder=tmp_path / "sis", registrar=loaded_college.registrar)
    settings.SIS_URL = campus.url
    return campus
