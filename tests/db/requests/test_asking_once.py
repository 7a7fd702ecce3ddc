"""A button that is pressed twice at the same moment asks once."""

from functools import partial

import pytest
from django.utils import timezone

from integration.asking_once import request_once
from integration.models import MergeRequest
from integration.sis.port import MergeType
from scheduling.models import User


@pytest.mark.usefixtures("committed")
def test_presses_at_once_are_one_request(together):
    press = partial(
        request_once,
        types=[MergeType.TERMS],
        terms=[],
        is_sending=False,
        is_dry_run=True,
        accept_empty=False,
        actor=User.objects.create_user("kim"),
        now=timezone.now(),
    )
    assert together(*[press] * 4) == [None] * 4
    assert MergeRequest.objects.count() == 1
