"""Turning terms on and off, and bringing in a term that only the SIS knows yet."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from integration.models import TermSwitch
from integration.reference_types import TYPES
from integration.sis.port import SENDABLE_TYPES, MergeType, SisAdapter, SisRecord
from scheduling.domain.errors import InvalidValue
from scheduling.domain.values import canonical
from scheduling.models import ChangeLog, Term, User
from scheduling.services.audit import Author, Change, write_changes

GRACE_DAYS = 7
"""An ended term that is turned on stays on for so long unless a date is given (CONTRACT.md)."""


class TermNotOffered(Exception):
    """Neither we nor the SIS know this term, or what the SIS says of it cannot be used."""


def ensure_term(code: str, *, adapter: SisAdapter, now: dt.datetime) -> Term:
    """The term, brought in from the SIS if it is unknown here. Raises `TermNotOffered` or what the SIS raises."""
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
    with transaction.atomic():
        term = Term.objects.create(
            code=str(values["code"]),
            name=str(values["name"]),
            start_date=dt.date.fromisoformat(str(values["start_date"])),
            end_date=dt.date.fromisoformat(str(values["end_date"])),
        )
        author = Author(now=now, source=ChangeLog.Source.IMPORT, name="SIS import")
        change = Change(
            action="CREATE", record_type="term", record_id=term.pk, term_code=term.pk, after=values
        )
        write_changes([change], author=author)
    return term


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
    """Turn a term on for `types`; return what the person should know, as sentences."""
    said = []
    today = timezone.localdate(now)
    if term.is_over(today) and until is None:
        until = today + dt.timedelta(days=GRACE_DAYS)
        said.append(f"{term} ended on {term.end_date}; it stays on until {until} and then ends by itself.")
    for merge_type in types:
        sends = is_sending and merge_type in SENDABLE_TYPES
        after = {
            "is_importing": True,
            "is_sending": sends,
            "is_nightly": is_nightly,
            "is_real_time": is_real_time and sends,
            "until": until,
        }
        switch = TermSwitch.objects.select_for_update().filter(merge_type=merge_type.value, term=term).first()
        before = {name: getattr(switch, name) for name in after} if switch else None
        TermSwitch.objects.update_or_create(merge_type=merge_type.value, term=term, defaults=after)
        _audit(term, merge_type, before, after, actor=actor, now=now)
    if is_real_time and not is_sending:
        said.append("Real time needs sending; add --send.")
    return said


@transaction.atomic
def disable_term(
    term: Term, *, types: Sequence[MergeType], actor: User | None, now: dt.datetime
) -> list[MergeType]:
    """Take a term out for `types`; what was queued waits as *term off*. Returns the types that were on."""
    was_on = []
    for merge_type in types:
        switch = TermSwitch.objects.select_for_update().filter(merge_type=merge_type.value, term=term).first()
        if switch is None:
            continue
        names = ("is_importing", "is_sending", "is_nightly", "is_real_time", "until")
        before = {name: getattr(switch, name) for name in names}
        switch.delete()
        _audit(term, merge_type, before, None, actor=actor, now=now)
        was_on.append(merge_type)
    return was_on


def _audit(
    term: Term,
    merge_type: MergeType,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
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
