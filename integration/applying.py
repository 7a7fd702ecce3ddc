"""Applying the local side of a plan: row by row re-checked, written in batches.

Every row is decided again under the record's lock with the same pure merge. If nothing moved since the plan
was made the decision is the planned one; if something did, the row is stale: in a plan that approved itself
the new decision is applied, in a plan that a person approved it is left to the next run (plan fidelity).
Applying twice does nothing the second time: applied rows are skipped.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from integration import outbound
from integration.batching import batched
from integration.conflicts import HeldField, ambiguous_conflict, note_conflicts, removal_conflict
from integration.crosslists import Wanted, contested_groups
from integration.fieldsets import STRUCTS
from integration.links import link_created, links_by_id, save_links, touch
from integration.linkstate import Seen, adopt_intent, baseline_of, context_of, settle
from integration.locking import lock_records
from integration.merge.canonical import decode, encode
from integration.merge.records import RecordMerge, Rule, Values
from integration.merge.threeway import merge_record
from integration.models import Link, LinkState, Plan, PlanRow
from integration.planning import shown_fields
from integration.planning_absent import GONE_ON_BOTH_SIDES
from integration.record_types import LocalRemoval, LocalState, LocalUpdate, NewRecord, RecordType
from scheduling.services.audit import Author

RETIRING = ("section", "relationship", "former_id")
"""What a link changes beside `LINK_COLUMNS` when its record goes or comes back."""
CREATE_BATCH = 2_000
BATCH = 500
Action = PlanRow.Action


@dataclass(kw_only=True)
class Batch:
    """What a batch of rows comes to, written together at its end."""

    tick: int
    updates: list[LocalUpdate] = field(default_factory=list)
    held: list[tuple[Link, HeldField]] = field(default_factory=list)
    settled: list[Link] = field(default_factory=list)
    retired: list[Link] = field(default_factory=list)
    stale: list[PlanRow] = field(default_factory=list)

    def leave_out(self, rows: Sequence[PlanRow]) -> None:
        """Take back what was collected for these rows."""
        links, records = {row.link_id for row in rows}, {row.local_id for row in rows}
        self.updates = [one for one in self.updates if one.record_id not in records]
        self.held = [one for one in self.held if one[0].pk not in links]
        self.settled = [link for link in self.settled if link.pk not in links]
        self.stale.extend(rows)


@dataclass(kw_only=True)
class Applier:
    """Applies the LOCAL rows of `plan`. `is_approved`: a person approved exactly these rows."""

    plan: Plan
    kind: RecordType
    author: Author
    applies_later: bool
    is_approved: bool
    progress: Callable[[int], None]
    done: int = 0
    stale: int = 0
    barred: dict[str, str] = field(default_factory=dict)
    """Records that cannot be taken as things stand here -> why."""

    @property
    def now(self) -> dt.datetime:
        """The moment of this run."""
        return self.author.now

    def apply(self) -> None:
        """Apply all planned local rows: removals, then changes, then creations."""
        for action in (Action.DELETE, Action.CANCEL):
            self._each(action, BATCH, self._remove_or_cancel)
        for action in (Action.UPDATE, Action.HOLD, Action.AGREE, Action.MISSING):
            self._each(action, BATCH, self._change)
        self._each(Action.CREATE, CREATE_BATCH, self._create)

    def _each(self, action: str, size: int, work: Callable[[list[PlanRow]], Iterable[PlanRow]]) -> None:
        rows = PlanRow.objects.filter(
            plan=self.plan, side=PlanRow.Side.LOCAL, action=action, state=PlanRow.State.PLANNED
        )
        ids = list(rows.order_by("id").values_list("id", flat=True))
        for batch_ids in batched(ids, size):
            with transaction.atomic():
                these = rows.filter(id__range=(batch_ids[0], batch_ids[-1]))
                stale = {row.pk for row in work(list(these.order_by("id")))}
                rows.filter(pk__in=stale).update(state=PlanRow.State.STALE)
                these.update(state=PlanRow.State.APPLIED)
            self.stale += len(stale)
            self.done += len(batch_ids)
            self.progress(self.done)

    # ---- changes

    def _change(self, rows: list[PlanRow]) -> list[PlanRow]:
        links, ours = lock_records(self.kind, [row.link_id for row in rows if row.link_id])
        batch = Batch(tick=touch())
        for row in rows:
            link = links.get(row.link_id or 0)
            state = ours.get(self._local_id(link) or 0)
            if link is None or link.touched != row.link_touched:
                batch.stale.append(row)  # read or written since the plan was made
            elif "" in row.fields:
                batch.held.append((link, ambiguous_conflict(link, row.fields[""]["theirs"])))
            elif state is None:
                self._change_absent(row, link, batch)
            elif row.action == Action.MISSING:
                batch.settled.append(self._miss(link, row.note))
            elif row.theirs is None:
                batch.held.append((link, removal_conflict(ours=encode(state.values), note=row.note)))
            elif self._change_one(row, link, state, batch):
                batch.settled.append(link)
            else:
                batch.stale.append(row)
        self._bar(rows, batch)
        self.kind.update(batch.updates, self.author)
        save_links(batch.settled)
        Link.objects.bulk_update(batch.retired, RETIRING)
        note_conflicts(batch.held, examined=batch.settled, run_id=self.plan.run_id, now=self.now)
        outbound.acknowledge(batch.settled, now=self.now)
        return batch.stale

    def _bar(self, rows: list[PlanRow], batch: "Batch") -> None:
        """Leave out what another record here does not allow; such a link keeps what was agreed before."""
        keys = {row.local_id: row.record_key for row in rows}
        wanted = [
            Wanted(
                key=keys[one.record_id],
                record_id=one.record_id,
                before=one.before,
                after={**one.before, **one.after},
            )
            for one in batch.updates
        ]
        barred = contested_groups(wanted, term=self.kind.term)
        if barred:
            self.barred |= barred
            batch.leave_out([row for row in rows if row.record_key in barred])

    def _change_absent(self, row: PlanRow, link: Link, batch: "Batch") -> None:
        """A row about a record that is not here: removed on both sides, or a removal of ours that is held."""
        if row.note == GONE_ON_BOTH_SIDES:
            batch.settled.append(self._retire(link, batch.tick))
            batch.retired.append(link)
        elif row.action == Action.HOLD and link.removal:
            batch.held.append((link, removal_conflict(base=link.baseline, theirs=row.theirs, note=row.note)))
        else:
            batch.stale.append(row)

    def _change_one(self, row: PlanRow, link: Link, state: LocalState, batch: "Batch") -> bool:
        """Decide one row again and collect its writes; False if it is stale and must wait."""
        theirs = self._shown(row)
        adopt_intent(link, theirs)
        merge = self._merge(link, state.values, theirs)
        if self.is_approved and shown_fields(merge) != row.fields:
            return False
        if link.sis_id is None:
            link.sis_id = row.record_key
            self.kind.set_sis_ids([(int(self._local_id(link) or 0), row.record_key)], self.author)
        version = state.version
        if merge.pulls:
            batch.updates.append(self._update(link, state, merge))
            version += 1
        link.label = self.kind.label({**state.values, **merge.pulls})[:120]
        seen = Seen(
            values=theirs,
            source_hash=bytes(row.source_hash) if row.source_hash is not None else None,
            tick=batch.tick,
            now=self.now,
            covered=link.covered,
        )
        settle(link, merge, seen=seen, version=version)
        batch.held.extend((link, HeldField.of(name, merge.decisions[name])) for name in merge.held)
        return True

    def _shown(self, row: PlanRow) -> Values:
        """What the SIS showed of the record. A course that it has not told of yet may have to be made."""
        values = decode(_agreed(row), structs=STRUCTS)
        self.kind.promise(str(values.get("course")), *(row.theirs or {}).get("_course", ("", "")))
        return values

    def _update(self, link: Link, state: LocalState, merge: RecordMerge) -> LocalUpdate:
        pulls = merge.pulls
        return LocalUpdate(
            record_id=int(self._local_id(link) or 0),
            version=state.version,
            before=state.values,
            after=pulls,
            rules={name: merge.decisions[name].rule.value for name in pulls},
            action="CANCEL" if pulls.get("status") == "CANCELLED" else "UPDATE",
        )

    def _merge(self, link: Link, ours: Values, theirs: Values) -> RecordMerge:
        return merge_record(
            base=baseline_of(link),
            ours=ours,
            theirs=theirs,
            policies=self.kind.policies(link.sis_id or ""),
            context=context_of(link, now=self.now, applies_later=self.applies_later),
        )

    def _miss(self, link: Link, digest: str) -> Link:
        link.state = LinkState.MISSING_IN_SIS
        link.missing_since = link.missing_since or self.now
        link.missing_digest = link.missing_digest or digest
        return link

    # ---- removals

    def _remove_or_cancel(self, rows: list[PlanRow]) -> list[PlanRow]:
        shown = [row for row in rows if row.theirs is not None]  # cancelled in the SIS, not gone from it
        return [*self._change(shown), *self._remove([row for row in rows if row.theirs is None])]

    def _remove(self, rows: list[PlanRow]) -> list[PlanRow]:
        links, ours = lock_records(self.kind, [row.link_id for row in rows if row.link_id])
        tick = touch()
        stale, removals, cancels, retired = [], [], [], []
        for row in rows:
            link = links.get(row.link_id or 0)
            state = ours.get(self._local_id(link) or 0)
            if (
                link is None
                or state is None
                or state.version != row.local_version
                or link.touched != row.link_touched
            ):
                stale.append(row)
                continue
            if row.action == Action.CANCEL:
                cancels.append(self._cancel(link, state))
            else:
                removals.append(LocalRemoval(record_id=int(self._local_id(link) or 0), before=state.values))
            retired.append(self._retire(link, tick, keeps_record=row.action == Action.CANCEL))
        save_links(retired)
        Link.objects.bulk_update(retired, RETIRING)
        self.kind.update([one for one in cancels if one.after], self.author)
        self.kind.remove(removals, self.author, rule="SIS_REMOVED")
        note_conflicts([], examined=retired, run_id=self.plan.run_id, now=self.now)
        outbound.acknowledge(retired, now=self.now)
        return stale

    def _cancel(self, link: Link, state: LocalState) -> LocalUpdate:
        """Follow a removal by cancelling here; should the SIS bring it back, its status is news."""
        link.agree({**(link.baseline or {}), "status": "CANCELLED"}, link.baseline_theirs)
        return LocalUpdate(
            record_id=int(self._local_id(link) or 0),
            version=state.version,
            before=state.values,
            after={"status": "CANCELLED"} if state.values.get("status") != "CANCELLED" else {},
            rules={"status": "SIS_REMOVED"},
            action="CANCEL",
        )

    def _retire(self, link: Link, tick: int, *, keeps_record: bool = False) -> Link:
        link.state = LinkState.RETIRED
        link.retired_at = self.now
        link.touched = tick
        link.sent = []
        link.missing_since, link.missing_digest = None, ""
        if not keeps_record:
            link.former_id = link.record_id
            link.section_id = link.relationship_id = None
        return link

    # ---- creations

    def _create(self, rows: list[PlanRow]) -> list[PlanRow]:
        keys = [row.record_key for row in rows]
        taken = set(
            self._links_of(keys)
            .exclude(state__in=[LinkState.RETIRED, LinkState.ARCHIVED])
            .values_list("sis_id", flat=True)
        )
        returning = links_by_id((row.link_id for row in rows if row.link_id), lock=True)
        new = [self._new_record(row, returning) for row in rows if row.record_key not in taken]
        wanted = [Wanted(key=one.sis_id, after=one.values) for one in new]
        barred = contested_groups(wanted, term=self.kind.term)
        self.barred |= barred
        left_out = taken | barred.keys()
        fresh = [row for row in rows if row.record_key not in left_out]
        self._archive_others(fresh)
        ids = self.kind.create([one for one in new if one.sis_id not in barred], self.author)
        tick = touch()
        made: list[tuple[int, int]] = []
        returned: list[Link] = []
        for row, pk in zip(fresh, ids, strict=True):
            link = returning.get(row.link_id or 0)
            if link is None:
                made.append((row.pk, pk))
            else:
                self._link_again(link, row, pk, tick)
                returned.append(link)
        link_created(made, self.kind, tick=tick, now=self.now)
        save_links(returned)
        Link.objects.bulk_update(returned, [*RETIRING, "removal"])
        outbound.forget(returned)
        return [row for row in rows if row.record_key in left_out]

    def _links_of(self, sis_ids: Sequence[str]) -> QuerySet[Link]:
        return Link.objects.filter(
            merge_type=self.kind.merge_type.value, term_id=self.kind.term, sis_id__in=sis_ids
        ).order_by("id")

    def _archive_others(self, rows: Sequence[PlanRow]) -> None:
        """A retired link whose id now belongs to another record steps aside (MERGE.md, Removals)."""
        keys = [row.record_key for row in rows if row.link_id is None]
        others = list(self._links_of(keys).filter(state=LinkState.RETIRED))
        cancelled = [pk for link in others if (pk := self._local_id(link))]
        if cancelled:
            self.kind.set_sis_ids([(pk, None) for pk in cancelled], self.author)
        Link.objects.filter(pk__in=[link.pk for link in others]).update(state=LinkState.ARCHIVED)

    def _new_record(self, row: PlanRow, returning: Mapping[int, Link]) -> NewRecord:
        link = returning.get(row.link_id or 0)
        return NewRecord(
            sis_id=row.record_key,
            values=self._shown(row),
            former_id=link.former_id if link else None,
            rule=Rule.SIS_ONLY.value,
        )

    def _link_again(self, link: Link, row: PlanRow, pk: int, tick: int) -> None:
        """A link of a record that comes back is as good as new."""
        setattr(link, self.kind.id_column, pk)
        link.sis_id = row.record_key
        link.label = row.label
        link.state = LinkState.LINKED
        link.agree(_agreed(row), {})
        link.agreed_version = 1
        link.source_hash = bytes(row.source_hash) if row.source_hash is not None else None
        link.touched = tick
        link.synced_at = self.now
        link.sent, link.fights, link.covered, link.intent = [], {}, {}, None
        link.missing_since, link.missing_digest = None, ""
        link.former_id, link.retired_at, link.removal = None, None, ""

    # ---- ids

    def _local_id(self, link: Link | None) -> int | None:
        value: int | None = getattr(link, self.kind.id_column) if link is not None else None
        return value

    def _local_ids(self, links: Iterable[Link]) -> list[int]:
        return [pk for link in links if (pk := self._local_id(link))]


def _agreed(row: PlanRow) -> dict[str, Any]:
    """The values of a record that was just created here as the SIS has it: both sides hold them."""
    return {name: value for name, value in (row.theirs or {}).items() if name != "_course"}
