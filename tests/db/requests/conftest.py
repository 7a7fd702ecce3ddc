"""A campus whose merges are asked for and carried out as a worker does it."""

import pytest
import time_machine
from django.utils import timezone

from integration.models import MergeRequest
from integration.requests import carry_out, request_merge
from integration.sis.port import MergeType
from scheduling.models import User
from tests.campus import NOW, TERM
from tests.merge_desk import Desk


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk_with(db, tmp_path, settings, clock):
    """Makes a campus with a SIS of these options and tables, of which nothing is here yet."""

    def make(options="", **tables):
        given = {"tables": tables} if tables else {}
        return Desk(folder=tmp_path / "sis", options=options, django_settings=settings, **given)

    return make


@pytest.fixture
def desk(desk_with):
    return desk_with()


@pytest.fixture
def loaded(desk):
    """A campus that is loaded and set to send."""
    desk.first_load()
    desk.enable()
    return desk


@pytest.fixture
def ask(db):
    """Asks for merges of the campus's term, all types unless said otherwise."""

    def make(*types, terms=(TERM,), is_sending=False, is_dry_run=False, actor=None, **given):
        return request_merge(
            types=[MergeType(one) for one in types] or list(MergeType),
            terms=list(terms),
            is_sending=is_sending,
            is_dry_run=is_dry_run,
            actor=actor or User.objects.filter(username="kim").first(),
            now=timezone.now(),
            **given,
        )

    return make


@pytest.fixture
def done():
    """Carries a request out; the request as it is then."""

    def work(request):
        carry_out(request.pk)
        return MergeRequest.objects.get(pk=request.pk)

    return work


@pytest.fixture
def previewed(ask, done):
    """Asks for a preview, then for the same in earnest; nothing of the latter is carried out yet."""

    def make(*types, between=lambda: None, **given):
        preview = done(ask(*types, is_dry_run=True, **given))
        between()
        return ask(*types, preview=preview, **given)

    return make
