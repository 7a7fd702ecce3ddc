"""Asking for merges on a page: what the same person asked for a moment ago is not asked for a second time."""

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Q

from integration.models import MergeRequest
from integration.requests import request_merge
from integration.sis.port import TERM_TYPES, MergeType
from scheduling.models import User

State = MergeRequest.State
A_MOMENT = dt.timedelta(seconds=10)
"""So long a second press of the same button is the first one, though that is carried out already."""


@transaction.atomic
def request_once(
    *,
    types: Collection[MergeType],
    terms: Sequence[str],
    is_sending: bool,
    is_dry_run: bool,
    accept_empty: bool,
    actor: User,
    now: dt.datetime,
) -> MergeRequest:
    """What `actor` asked for like this and is not over, or asked for this moment; else a new request.

    Presses at the same time wait for one another. Raises `ConfigurationError`.
    """
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    same = MergeRequest.objects.filter(
        actor=actor,
        plan=None,
        preview=None,
        types=[one.value for one in MergeType if one in set(types)],
        terms=list(dict.fromkeys(terms)) if set(types) & set(TERM_TYPES) else [],
        is_sending=is_sending,
        is_dry_run=is_dry_run,
        accept_empty=accept_empty,
    )
    is_fresh = Q(state=State.DONE, requested_at__gt=now - A_MOMENT)
    earlier = same.filter(Q(state__in=[State.WAITING, State.RUNNING]) | is_fresh).order_by("-id").first()
    return earlier or request_merge(
        types=types,
        terms=terms,
        is_sending=is_sending,
        is_dry_run=is_dry_run,
        accept_empty=accept_empty,
        actor=actor,
        now=now,
    )
