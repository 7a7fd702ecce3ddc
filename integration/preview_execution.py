"""From a preview to the deed: what a person looked at is asked for once, however often it is pressed."""

import datetime as dt

from django.db import transaction

from integration.models import MergeRequest
from integration.requests import request_merge
from integration.sis.port import MergeType
from scheduling.models import User


@transaction.atomic
def execute_preview(preview: MergeRequest, *, actor: User, now: dt.datetime) -> MergeRequest:
    """Ask that a finished preview is carried out; the request that was made for it, if there is one.

    A second one would find another plan than the previewed one, and hold it. Raises `ConfigurationError`.
    """
    locked = MergeRequest.objects.select_for_update().get(pk=preview.pk)
    earlier = locked.executions.order_by("-id").first()
    return earlier or _same(locked, is_dry_run=False, preview=locked, actor=actor, now=now)


def ask_again(request: MergeRequest, *, actor: User, now: dt.datetime) -> MergeRequest:
    """Ask once more for what failed. Raises `ConfigurationError`.

    What carried out a preview may have done a part of it: the rest is previewed anew.
    """
    is_dry_run = request.is_dry_run or request.preview_id is not None
    return _same(request, is_dry_run=is_dry_run, preview=None, actor=actor, now=now)


def _same(
    request: MergeRequest, *, is_dry_run: bool, preview: MergeRequest | None, actor: User, now: dt.datetime
) -> MergeRequest:
    return request_merge(
        types=[MergeType(one) for one in request.types],
        terms=request.terms,
        is_sending=request.is_sending,
        is_dry_run=is_dry_run,
        accept_empty=request.accept_empty,
        actor=actor,
        now=now,
        preview=preview,
    )
