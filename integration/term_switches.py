"""The switches of all terms at once, as the Terms page of Merge Settings shows and saves them.

A type that is on in a term is imported; sending, nightly and real time come on top. No row: nothing is on.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from django.db import transaction
from django.utils import timezone

from integration.models import TermSwitch
from integration.sis.port import SENDABLE_TYPES, MergeType
from integration.switch_values import FLAGS, OFF, Key, Switch, SwitchChange, switch_of
from integration.terms import GRACE_DAYS, CannotEnable, why_not_sent
from scheduling.models import ChangeLog, Term, User
from scheduling.services.audit import Author, Change, write_changes


class SwitchesChanged(Exception):
    """Somebody changed a switch after the page was made. Nothing was saved."""


def all_switches() -> Mapping[Key, Switch]:
    """What is on, in one query; what is not among them is off."""
    return _read(TermSwitch.objects.order_by("id"))


def _read(rows: Iterable[TermSwitch]) -> dict[Key, Switch]:
    return {
        (one.term_id, MergeType(one.merge_type)): switch_of(
            {name: getattr(one, name) for name in FLAGS}, one.until
        )
        for one in rows
    }


# ---- what makes no sense, and what follows by itself


def refusals(change: SwitchChange, *, today: dt.date) -> Iterator[tuple[str, str]]:
    """(flag, sentence) for what makes no sense (`today`: the institution's date)."""
    after, what = change.after, f"{change.merge_type.value.capitalize()} in {change.term}"
    if not after.is_on:
        return
    if not after.is_importing:
        yield (
            "is_importing",
            f"{what}: what is not imported is not merged at all. Tick Import, or untick the rest.",
        )
    if after.is_sending and change.merge_type not in SENDABLE_TYPES:
        yield "is_sending", f"{what}: courses are only imported, never sent. Untick Send."
    elif change.turns_on_sending and (why := why_not_sent([change.merge_type])):
        yield "is_sending", f"{what}: {why[change.merge_type]} Untick Send."
    if after.is_real_time and not after.is_sending:
        yield (
            "is_real_time",
            f"{what}: real time sends each save at once, so it needs Send. Tick Send as well.",
        )
    if after.until is not None and after.until < today:
        yield "until", f"{what}: {after.until.day} {after.until:%b %Y} is past. Give today or a later date."
    if not change.term.is_active:
        yield (
            "is_importing",
            f"{what}: the SIS no longer has this term. Untick it; merge terms if it is back.",
        )


def completed(change: SwitchChange, *, today: dt.date) -> SwitchChange:
    """The change with what follows by itself: nothing on has no date, an ended term gets a last day."""
    after = change.after
    if not after.is_on:
        return replace(change, after=OFF)
    if after.until is None and change.term.is_over(today):
        return replace(change, after=replace(after, until=today + dt.timedelta(days=GRACE_DAYS)))
    return change


# ---- saving


@transaction.atomic
def save_switches(
    changes: Sequence[SwitchChange],
    *,
    actor: User | None,
    now: dt.datetime,
    source: str = ChangeLog.Source.FORM,
) -> list[SwitchChange]:
    """Save `changes`, all or none, with an audit row each; return them completed.

    Raises `CannotEnable` for what makes no sense, and `SwitchesChanged` where one is no longer as `before`.
    """
    today = timezone.localdate(now)
    changes = [completed(one, today=today) for one in changes]
    refused = [sentence for one in changes for _flag, sentence in refusals(one, today=today)]
    if refused:
        raise CannotEnable(" ".join(refused))
    codes = sorted({one.term.pk for one in changes})
    list(Term.objects.select_for_update(no_key=True).filter(pk__in=codes).order_by("pk"))
    stands = _read(TermSwitch.objects.select_for_update().filter(term__in=codes).order_by("id"))
    if any(stands.get((one.term.pk, one.merge_type), OFF) != one.before for one in changes):
        raise SwitchesChanged
    for one in changes:
        _write(one)
    author = Author(now=now, source=source, user=actor, name="operator")
    write_changes([_audited(one) for one in changes], author=author)
    return changes


def _write(change: SwitchChange) -> None:
    kind, term = change.merge_type.value, change.term
    if change.after.is_on:
        values = {name: getattr(change.after, name) for name in (*FLAGS, "until")}
        TermSwitch.objects.update_or_create(merge_type=kind, term=term, defaults=values)
    else:
        TermSwitch.objects.filter(merge_type=kind, term=term).delete()


def _audited(change: SwitchChange) -> Change:
    before, after = (
        {name: getattr(one, name) for name in (*FLAGS, "until")} if one.is_on else None
        for one in (change.before, change.after)
    )
    return Change(
        action="UPDATE" if before and after else "CREATE" if after else "DELETE",
        record_type="term_switch",
        record_id=f"{change.term.pk}:{change.merge_type.value}",
        term_code=change.term.pk,
        before=before,
        after=after,
    )
