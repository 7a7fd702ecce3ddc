"""Turning terms on and off, and bringing in a term that only the SIS knows yet."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from integration.models import OutboundChange, TermSwitch
from integration.offers import NO_SIS, known_capabilities
from integration.reference_types import TYPES
from integration.sis.port import SENDABLE_TYPES, MergeType, SisAdapter, SisRecord
from scheduling.domain.errors import InvalidValue
from scheduling.domain.values import canonical
from scheduling.models import ChangeLog, Term, User
from scheduling.services.audit import Author, Change, write_changes
from scheduling.services.reference_data import add_term

GRACE_DAYS = 7
"""An ended term that is turned on stays on for so long unless a date is given (CONTRACT.md)."""


class TermNotOffered(Exception):
    """Neither we nor the SIS know this term, or what the SIS says of it cannot be used."""


class CannotEnable(Exception):
    """What was asked for a term makes no sense; the text says what to do instead."""


def ensure_term(code: str, *, adapter: SisAdapter, now: dt.datetime) -> Term:
    """The term, brought in from the SIS if unknown here. Raises `TermNotOffered` or what the SIS raises."""
    record = offered_term(code, adapter=adapter)
    return Term.objects.get(pk=code) if record is None else _bring_in(record, now=now)


def offered_term(code: str, *, adapter: SisAdapter) -> SisRecord | None:
    """The SIS's record of a term that is unknown here; None for a known one. Raises as `ensure_term`."""
    if Term.objects.filter(pk=code).exists():
        return None
    for record in adapter.read_all(MergeType.TERMS):
        if isinstance(record, SisRecord) and record.sis_id == code:
            return record
    raise TermNotOffered(f"The SIS does not offer a term {code!r}; check the code.")


def _bring_in(record: SisRecord, *, now: dt.datetime) -> Term:
    raw = record.load()
    try:
        values = {
            field.name: canonical(field, raw.get(field.name)) for field in TYPES[MergeType.TERMS].fields
        }
    except InvalidValue as error:
        raise TermNotOffered(f"The SIS's term {record.sis_id} cannot be used: {error.message}") from error
    if str(values["end_date"]) < str(values["start_date"]):
        raise TermNotOffered(
            f"The SIS's term {record.sis_id} cannot be used: it ends on {values['end_date']}, before it "
            f"starts on {values['start_date']}; correct it there."
        )
    author = Author(now=now, source=ChangeLog.Source.IMPORT, name="SIS import")
    with transaction.atomic():
        return add_term(values, author=author)


def check_switches(
    types: Sequence[MergeType], *, is_sending: bool, is_real_time: bool, until: dt.date | None, today: dt.date
) -> None:
    """Raise `CannotEnable`, with the sentence that says what to write instead, for what makes no sense."""
    if is_sending and not set(types) & set(SENDABLE_TYPES):
        raise CannotEnable("Courses are only imported, never sent; leave --send out, or name more --types.")
    if is_real_time and not is_sending:
        raise CannotEnable("Real time sends each save at once, so it needs sending; add --send.")
    if until is not None and until < today:
        raise CannotEnable(f"{until} is past; give a date from {today} on with --until.")


def why_not_sent(types: Collection[MergeType] = SENDABLE_TYPES) -> dict[MergeType, str]:
    """Those of `types` of which the configured SIS can be sent nothing, and why. One query at most.

    Where no SIS is configured, nothing stands against it.
    """
    able = known_capabilities()
    return {
        one: f"This SIS ({able.name}) takes no {one.value}, so none can be sent."
        for one in SENDABLE_TYPES
        if one in types and able is not NO_SIS and not able.writes.get(one)
    }


@transaction.atomic
def enable_term(
    term: Term,
    *,
    types: Sequence[MergeType],
    is_sending: bool,
    is_nightly: bool,
    is_real_time: bool,
    until: dt.date | None,
    actor: User | None,
    now: dt.datetime,
) -> list[str]:
    """Turn a term on for `types`, with exactly these switches (importing is always one of them).

    Returns what the person should know, as sentences. Raises `CannotEnable`.
    """
    today = timezone.localdate(now)
    check_switches(types, is_sending=is_sending, is_real_time=is_real_time, until=until, today=today)
    if not term.is_active:
        raise CannotEnable(f"The SIS no longer has {term}. If it is back, run execute_merge terms first.")
    until, said = _until(term, until, today=today)
    sent = _sent(types, said) if is_sending else frozenset()
    for merge_type in types:
        sends = merge_type in sent
        after = {
            "is_importing": True,
            "is_sending": sends,
            "is_nightly": is_nightly,
            "is_real_time": is_real_time and sends,
            "until": until,
        }
        if (before := _switch(term, merge_type)) == after:
            continue
        TermSwitch.objects.update_or_create(merge_type=merge_type.value, term=term, defaults=after)
        _audit(term, merge_type, before, after, actor=actor, now=now)
        if before and before["is_sending"] and not sends:
            said.append(f"Sending of {merge_type.value} is off now; add --send to keep it on.")
    if is_sending and (waiting := count_waiting(term, types)):
        said.append(f"Waiting to be sent, and free to go now: {waiting} of its records.")
    return said


def _sent(types: Sequence[MergeType], said: list[str]) -> frozenset[MergeType]:
    """The types that the SIS takes; why it does not take the others is added to `said`.

    Raises `CannotEnable` if it takes none of them.
    """
    unsent = why_not_sent(types)
    sent = frozenset(types) & frozenset(SENDABLE_TYPES) - unsent.keys()
    if not sent:
        raise CannotEnable(f"{next(iter(unsent.values()))} Leave --send out.")
    said += unsent.values()
    return sent


def _until(term: Term, until: dt.date | None, *, today: dt.date) -> tuple[dt.date | None, list[str]]:
    """When the term switches itself off, and the warning where that is not simply its end."""
    if until is not None and until > max(term.end_date, today):
        return until, [f"{term} has its end on {term.end_date}; it stays on beyond that, until {until}."]
    if until is None and term.is_over(today):
        until = today + dt.timedelta(days=GRACE_DAYS)
        return until, [f"{term} ended on {term.end_date}; it stays on until {until} and then ends by itself."]
    return until, []


@transaction.atomic
def disable_term(
    term: Term, *, types: Sequence[MergeType], actor: User | None, now: dt.datetime
) -> list[MergeType]:
    """Take a term out for `types`; what was queued waits as *term off*. Returns the types that were on."""
    was_on = []
    for merge_type in types:
        before = _switch(term, merge_type)
        if before is None:
            continue
        TermSwitch.objects.filter(merge_type=merge_type.value, term=term).delete()
        _audit(term, merge_type, before, None, actor=actor, now=now)
        was_on.append(merge_type)
    return was_on


def count_waiting(term: Term, types: Sequence[MergeType]) -> int:
    """How many records of these types have something for the SIS that may go once it is allowed."""
    states = [OutboundChange.State.WAITING, OutboundChange.State.SENDING]
    rows = OutboundChange.objects.filter(term=term, merge_type__in=[one.value for one in types])
    return rows.filter(state__in=states).count()


def _switch(term: Term, merge_type: MergeType) -> dict[str, object] | None:
    """What is on now, locked."""
    names = ("is_importing", "is_sending", "is_nightly", "is_real_time", "until")
    switch = TermSwitch.objects.select_for_update().filter(merge_type=merge_type.value, term=term).first()
    return {name: getattr(switch, name) for name in names} if switch else None


def _audit(
    term: Term,
    merge_type: MergeType,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    *,
    actor: User | None,
    now: dt.datetime,
) -> None:
    change = Change(
        action="UPDATE" if before and after else "CREATE" if after else "DELETE",
        record_type="term_switch",
        record_id=f"{term.pk}:{merge_type.value}",
        term_code=term.pk,
        before=before,
        after=after,
    )
    author = Author(now=now, source=ChangeLog.Source.COMMAND, user=actor, name="operator")
    write_changes([change], author=author)
