"""Conflicts: opened by merges, closed by themselves or by a person. Both values are always kept."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from integration.merge.canonical import plain
from integration.merge.records import Decision, Rule
from integration.models import Conflict, Link
from integration.planning_absent import ENROLLED

KINDS = {Rule.SEMANTIC: Conflict.Kind.SEMANTIC, Rule.FIGHT: Conflict.Kind.FIGHT}


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldField:
    """A field (blank: the record as a whole) that a person has to decide. Values are JSON-ready."""

    field: str
    kind: str
    base: Any
    ours: Any
    theirs: Any
    rule: str
    note: str = ""

    @classmethod
    def of(cls, name: str, decision: Decision) -> "HeldField":
        """From the engine's decision."""
        kind = KINDS.get(decision.rule, Conflict.Kind.FIELD)
        return cls(
            field=name,
            kind=Conflict.Kind.COVERED if decision.is_covered else kind,
            base=plain(decision.base),
            ours=plain(decision.ours),
            theirs=plain(decision.theirs),
            rule=decision.rule.value,
        )


def removal_conflict(*, note: str, base: Any = None, ours: Any = None, theirs: Any = None) -> HeldField:
    """A record as a whole: one side removed it and the other still has need of it. Values are JSON-ready."""
    kind = Conflict.Kind.ENROLLED if note == ENROLLED else Conflict.Kind.REMOVAL
    return HeldField(field="", kind=kind, base=base, ours=ours, theirs=theirs, rule="REMOVAL", note=note)


def ambiguous_conflict(link: Link, candidates: Sequence[str]) -> HeldField:
    """A record of ours that several records of the SIS (by id) could be."""
    return HeldField(
        field="",
        kind=Conflict.Kind.AMBIGUOUS,
        base=None,
        ours=(link.intent or {}).get("values"),
        theirs=list(candidates),
        rule="AMBIGUOUS",
        note=f"Its creation was sent and the answer was lost; {' or '.join(candidates)} in the SIS is it.",
    )


def note_conflicts(
    held: Sequence[tuple[Link, HeldField]],
    *,
    examined: Iterable[Link],
    run_id: int | None,
    now: dt.datetime,
) -> None:
    """Open or renew the conflicts in `held`; those of `examined` links that are held no more are gone.

    Constant number of queries; the caller holds the transaction and the links' locks.
    """
    link_ids = {link.pk for link in examined} | {link.pk for link, _one in held}
    open_now = {
        (conflict.link_id, conflict.field): conflict
        for conflict in Conflict.objects.filter(link_id__in=link_ids, status=Conflict.Status.OPEN)
    }
    new: list[Conflict] = []
    changed: list[Conflict] = []
    for link, one in held:
        conflict = open_now.pop((link.pk, one.field), None)
        if conflict is None:
            new.append(Conflict(link=link, opened_at=now, run_id=run_id, **asdict(one)))
        elif (conflict.ours, conflict.theirs, conflict.kind) != (one.ours, one.theirs, one.kind):
            conflict.base, conflict.ours, conflict.theirs = one.base, one.ours, one.theirs
            conflict.kind, conflict.rule, conflict.note = one.kind, one.rule, one.note
            changed.append(conflict)
    Conflict.objects.bulk_create(new)
    Conflict.objects.bulk_update(changed, ["base", "ours", "theirs", "kind", "rule", "note"], batch_size=200)
    over = [conflict.pk for conflict in open_now.values()]
    if over:
        with transaction.atomic():
            Conflict.objects.filter(pk__in=over).update(status=Conflict.Status.GONE, resolved_at=now)
