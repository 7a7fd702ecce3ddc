"""The night: what is merged by itself, once a day, where the switches say so.

The night is a date of the institution's, not a message: the scheduler asks every few minutes whether it is
due, and its rows say whether it was requested. So a scheduler that was away catches up for a while, and two
of them request one night.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from integration.models import MergeRequest, MergeRun, TermSwitch
from integration.requests import record_request
from integration.settings import active_version, is_over, read
from integration.sis.port import REFERENCE_TYPES, TERM_TYPES, MergeType
from scheduling.models import Term

LASTS = dt.timedelta(hours=3)
"""So long after its hour a night is still begun; later it would be a day's work for nobody."""


def night_due(now: dt.datetime) -> dt.date | None:
    """The night (its date in the institution's zone) that is to begin at `now`; None: none is."""
    local = timezone.localtime(now).replace(tzinfo=None)
    for day in (local.date(), local.date() - dt.timedelta(days=1)):
        begins = dt.datetime.combine(day, settings.NIGHT_AT)
        if begins <= local < begins + LASTS:
            return day
    return None


def request_night(*, now: dt.datetime) -> list[MergeRequest]:
    """Request the night that is due; nothing if none is, or it was requested, or no term is on for it.

    Reference data once, then each term; what is sent, and what is not, in requests of their own. Raises
    `ConfigurationError` where the merge settings cannot be read.
    """
    night = night_due(now)
    if night is None or MergeRequest.objects.filter(night=night).exists():
        return []
    by_term = list(_switches(timezone.localdate(now)))
    if not by_term:
        return []
    wishes = [_wish(night, REFERENCE_TYPES, terms=[], is_sending=False)]
    for term, switches in by_term:
        for types, is_sending in _groups(switches):
            wishes.append(_wish(night, types, terms=[term.pk], is_sending=is_sending))
    try:
        with transaction.atomic():
            return [record_request(wish, actor=None, now=now) for wish in wishes]
    except IntegrityError:  # another scheduler was quicker
        return []


def _switches(today: dt.date) -> Iterator[tuple[Term, list[TermSwitch]]]:
    """The terms that are on for the night, with their switches in the order of work."""
    rules = read(active_version())
    enabled = [one.value for one in TERM_TYPES if rules.of(one).is_enabled]
    on = TermSwitch.objects.filter(
        is_nightly=True, is_importing=True, term__is_active=True, merge_type__in=enabled
    )
    found = [one for one in on.select_related("term") if not is_over(one, one.term, today=today)]
    order = [one.value for one in TERM_TYPES]
    found.sort(key=lambda one: (one.term.start_date, one.term_id, order.index(one.merge_type)))
    for term, switches in groupby(found, key=lambda one: one.term):
        yield term, list(switches)


def _groups(switches: Sequence[TermSwitch]) -> Iterator[tuple[list[MergeType], bool]]:
    """Types that go together: those that are sent, and those that are not. Courses go with the first."""
    first = next((one.is_sending for one in switches if one.merge_type != MergeType.COURSES), False)
    sends = [
        (MergeType(one.merge_type), first if one.merge_type == MergeType.COURSES else one.is_sending)
        for one in switches
    ]
    for is_sending, group in groupby(sends, key=lambda pair: pair[1]):
        yield [merge_type for merge_type, _sends in group], is_sending


def _wish(night: dt.date, types: Sequence[MergeType], *, terms: list[str], is_sending: bool) -> MergeRequest:
    return MergeRequest(
        types=[one.value for one in types],
        terms=terms,
        is_sending=is_sending,
        trigger=MergeRun.Trigger.NIGHTLY,
        night=night,
    )
