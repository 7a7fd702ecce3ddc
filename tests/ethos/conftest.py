"""Colleges behind a sandbox SIS, loaded once a module and profile."""

import pytest
from django.db import transaction

from tests.ethos.http_campus import HttpCampus


@pytest.fixture(scope="module", params=["colleague", "banner"])
def profile(request):
    return request.param


@pytest.fixture(scope="module")
def college_once(profile, django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), transaction.atomic():
        made = HttpCampus(folder=tmp_path_factory.mktemp(profile) / "sis", profile=profile)
        made.load()
        made.enable()
        yield made
        made.close()
        transaction.set_rollback(True)


@pytest.fixture
def college(college_once, db, settings):
    return college_once.use(settings)
