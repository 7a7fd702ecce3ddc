"""Following the SIS's change feed: what somebody changed there comes here soon, not only at night.

A change of a record that both sides have makes its row in the queue due: the delivery reads the record,
merges, and pulls. Echoes of our own writes are passed over, once they have shown whether a write covered an
edit (covered.py). What no message names, new records, and gaps in the feed ask for an import of the terms in
real time, at most every 15 minutes. Losing any of this loses nothing: the night's merge reads everything.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from integration import outbound
from integration.advisory import key_of, try_lock
from integration.channels import load_channels
from integration.covered import hear
from integration.echoes import is_echo
from integration.links import links_by_id, save_links, touch
from integration.models import AwaitedEcho, FeedPosition, Link, LinkState, TermSwitch
from integration.requests import request_merge
from integration.settings import active_version, is_over, read
from integration.sis.change_feed import ChangeBatch, ChangeFeed, SisChange
from integration.sis.port import SENDABLE_TYPES, Capabilities, MergeType, SisAdapter
from integration.status_words import why_closed

FEED_CLASS = 7_364
"""First half of the advisory lock that lets one process follow a feed."""
BATCHES = 50
"""So many are read at once; the next look has the rest."""
REST = dt.timedelta(minutes=15)
"""Between two whole imports that the feed asks for."""

OVERDUE = dt.timedelta(days=3)
"""An echo that has not come by then will not: the SIS told of nothing, or a gap in the feed had it."""

Clock = Callable[[], dt.datetime]
Record = tuple[str, str]
"""Type and SIS id."""


@dataclass(kw_only=True)
class Followed:
    """What came of one look: messages' records, echoes among them, rows made due, imports asked for.

    `covered`: records of which an edit was found that a write of ours covered.
    """

    records: int = 0
    echoes: int = 0
    covered: int = 0
    due: int = 0
    has_asked: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What is followed: the terms in real time, and the types of them that a delivery may touch."""

    terms: tuple[str, ...]
    open_queues: frozenset[tuple[str, str]] = frozenset()


def reach(able: Capabilities, *, now: dt.datetime) -> Reach:
    """The terms whose sections are imported in real time; for all others the night is enough.

    A SIS that takes no sections has no real time, which is a matter of sending: there it is the terms of the
    night.
    """
    rules = read(active_version())
    switch = "is_real_time" if able.writes.get(MergeType.SECTIONS) else "is_nightly"
    on = TermSwitch.objects.filter(
        **{switch: True}, merge_type=MergeType.SECTIONS.value, is_importing=True, term__is_active=True
    )
    today = timezone.localdate(now)
    terms = sorted(
        one.term_id for one in on.select_related("term") if not is_over(one, one.term, today=today)
    )
    if not terms or not rules.of(MergeType.SECTIONS).is_enabled:
        return Reach(terms=())
    channels = load_channels(terms, rules, now=now)
    allowed = {key for key, one in channels.items() if one.is_real_time and not why_closed(one)}
    return Reach(terms=tuple(terms), open_queues=frozenset(allowed))


def has_work(able: Capabilities, *, now: dt.datetime) -> bool:
    """Whether the feed has to be read: for a term in real time, or for echoes that are awaited."""
    return bool(able.change_feed) and (bool(reach(able, now=now).terms) or AwaitedEcho.objects.exists())


def follow(adapter: SisAdapter, *, clock: Clock = timezone.now) -> Followed:
    """Work the messages that wait. Raises `SisUnavailable`, and `ConfigurationError` for the settings."""
    followed = Followed()
    name = adapter.capabilities.change_feed
    if not name or not isinstance(adapter, ChangeFeed):
        return followed
    with try_lock(FEED_CLASS, key_of(name)) as is_ours:
        within = reach(adapter.capabilities, now=clock()) if is_ours else Reach(terms=())
        if not is_ours or not (within.terms or AwaitedEcho.objects.exists()):
            return followed
        for _batch in range(BATCHES):
            place, _is_new = FeedPosition.objects.get_or_create(name=name)
            batch = adapter.changes(after=place.position)
            _take(batch, place, within, followed, now=clock())
            if not batch.has_more:
                break
        AwaitedEcho.objects.filter(at__lt=clock() - OVERDUE).delete()
        if within.terms:
            _ask_for_the_rest(name, within.terms, followed, now=clock())
    return followed


@transaction.atomic
def _take(
    batch: ChangeBatch, read_from: FeedPosition, within: Reach, followed: Followed, *, now: dt.datetime
) -> None:
    """Make rows due and move on, both or neither.

    Nothing happens if a delivery has set the place back since the batch was read: the next look reads on
    from there.
    """
    place = FeedPosition.objects.select_for_update().get(pk=read_from.pk)
    if place.tick != read_from.tick:
        return
    told = _by_record(batch.changes)
    links = _links(told)
    covered = _listen(told, links)
    followed.covered += len(covered)
    due = []
    for record, changes in told.items():
        link = links.get(record)
        if link is not None and (link.state != LinkState.LINKED or link.term_id not in within.terms):
            continue
        is_news = link is None or link.pk in covered or not all(is_echo(one, link) for one in changes)
        if not is_news:
            followed.echoes += 1
        elif link is not None and _can_be_delivered(link, changes, within):
            due.append(link.pk)
        else:  # new there (perhaps in no term of ours), gone, or of a type that is not sent
            place.is_behind = True
    outbound.want(due, now=now)
    place.is_behind = place.is_behind or batch.is_partial
    place.position, place.read_at, place.tick = batch.position, now, touch()
    place.save()
    followed.records += len(told)
    followed.due += len(due)


def _listen(told: Mapping[Record, Sequence[SisChange]], links: Mapping[Record, Link]) -> set[int]:
    """Note what our writes covered; the ids of those links. One query where no echo is awaited."""
    awaited: dict[int, list[AwaitedEcho]] = defaultdict(list)
    for echo in AwaitedEcho.objects.filter(link__in=[link.pk for link in links.values()]).order_by("id"):
        awaited[echo.link_id].append(echo)
    by_id = {link.pk: record for record, link in links.items() if link.pk in awaited}
    locked = links_by_id(by_id, lock=True) if by_id else {}
    heard = {pk: hear(link, told[by_id[pk]], awaited[pk]) for pk, link in locked.items()}
    over = [echo.pk for one in heard.values() for echo in one.over]
    if over:
        AwaitedEcho.objects.filter(pk__in=over).delete()
    waiting = [echo for one in heard.values() for echo in one.waiting]
    AwaitedEcho.objects.bulk_update(waiting, ["told", "seen"])
    found = [locked[pk] for pk, one in heard.items() if one.has_covered]
    tick = touch() if found else 0
    for link in found:  # it is looked at again, and a plan that did not know of it is stale
        link.source_hash, link.agreed_version, link.touched = None, 0, tick
    save_links(found)
    return {link.pk for link in found}


def _can_be_delivered(link: Link, changes: Iterable[SisChange], within: Reach) -> bool:
    is_there = all(one.values or one.part for one in changes)
    return is_there and (link.merge_type, link.term_id) in within.open_queues


def _by_record(changes: Iterable[SisChange]) -> dict[Record, list[SisChange]]:
    found: dict[Record, list[SisChange]] = defaultdict(list)
    for one in changes:
        found[one.merge_type.value, one.sis_id].append(one)
    return found


def _links(told: Mapping[Record, object]) -> dict[Record, Link]:
    ids = [sis_id for _type, sis_id in told]
    links = Link.objects.filter(sis_id__in=ids).exclude(state=LinkState.ARCHIVED).order_by("id")
    return {(link.merge_type, str(link.sis_id)): link for link in links}


def _ask_for_the_rest(name: str, terms: Sequence[str], followed: Followed, *, now: dt.datetime) -> None:
    place = FeedPosition.objects.filter(name=name, is_behind=True).first()
    if place is None or (place.whole_at is not None and place.whole_at > now - REST):
        return
    with transaction.atomic():
        request_merge(
            types=SENDABLE_TYPES, terms=terms, is_sending=False, is_dry_run=False, actor=None, now=now
        )
        place.is_behind, place.whole_at = False, now
        place.save(update_fields=["is_behind", "whole_at"])
    followed.has_asked = True
