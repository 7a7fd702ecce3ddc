"""Campuses to merge. A module uses `four` or `sixty`, loaded once for all of it, or fresh ones, not both."""

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


def once(django_db_blocker, folder, tables):
    """A campus that is loaded and set to send, until its module is done."""
    with django_db_blocker.unblock(), transaction.atomic():
        made = Desk(folder=folder, tables=tables)
        made.load()
        made.enable()
        made.adapter.close()
        yield made
        transaction.set_rollback(True)


def copy_of(original, folder, settings):
    shutil.copytree(original.folder, folder)
    return Desk(folder=folder, django_settings=settings, registrar=original.registrar)


@pytest.fixture(scope="module")
def four_once(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("four") / "sis"
    yield from once(django_db_blocker, folder, {**TABLES, "buildings": BUILDINGS})


@pytest.fixture
def four(four_once, db, tmp_path, settings):
    """A loaded campus of four sections that is set to send."""
    return copy_of(four_once, tmp_path / "sis", settings)


@pytest.fixture(scope="module")
def sixty_once(django_db_setup, django_db_blocker, tmp_path_factory):
    yield from once(django_db_blocker, tmp_path_factory.mktemp("sixty") / "sis", large_tables(60))


@pytest.fixture
def sixty(sixty_once, db, tmp_path, settings):
    """The same with sixty sections (`SIXTY`)."""
    return copy_of(sixty_once, tmp_path / "sis", settings)
