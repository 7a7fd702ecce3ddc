"""Campuses to merge. A module uses `sixty`, loaded once for all of it, or fresh ones, never both."""

import shutil

import pytest
from django.db import transaction

from tests.campus import TABLES
from tests.merge_desk import Desk, large_tables

BUILDINGS = [*TABLES["buildings"], ("GYM", "Gym", "")]


@pytest.fixture
def desk_with(db, tmp_path, settings):
    """Makes a campus with a SIS of these options and tables, of which nothing is here yet."""

    def make(options="", **tables):
        given = {**TABLES, "buildings": BUILDINGS, **tables}
        return Desk(folder=tmp_path / "sis", options=options, tables=given, django_settings=settings)

    return make


@pytest.fixture
def desk(desk_with):
    return desk_with()


@pytest.fixture
def loaded(desk):
    desk.first_load()
    return desk


@pytest.fixture(scope="module")
def sixty_once(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), transaction.atomic():
        made = Desk(folder=tmp_path_factory.mktemp("sixty") / "sis", tables=large_tables(60))
        made.load()
        made.enable()
        made.adapter.close()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def sixty(sixty_once, db, tmp_path, settings):
    """A loaded campus of sixty sections (`SIXTY`) that is set to send."""
    shutil.copytree(sixty_once.folder, tmp_path / "sis")
    return Desk(folder=tmp_path / "sis", django_settings=settings, registrar=sixty_once.registrar)
