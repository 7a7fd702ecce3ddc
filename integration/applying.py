"""Applying the local side of a plan: row by row re-checked, written in batches.

Every row is decided again under the record's lock with the same pure merge. If nothing moved since the plan
was made the decision is the planned one; if something did, the row is stale: in a plan that approved itself
the new decision is applied, in a plan that a person approved it is left to the next run (plan fidelity).
Applying twice does nothing the second time: applied rows are skipped.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from integration.batching import batched
from integration.conflicts import HeldField, note_conflicts
from integration.fieldsets import STRUCTS
from integration.links import insert_links, links_by_id, save_links, touch
from integration.linkstate import Seen, baseline_of, context_of, settle
from integration.merge.canonical import decode, encode
from integration.merge.records import RecordMerge, Rule, Values
from integration.merge.threeway import merge_record
from integration.models import Conflict, Link, LinkState, Plan, PlanRow
from integration.planning import GONE_ON_BOTH_SIDES, REMOVED_BUT_EDITED, shown_fields
from integration.record_types import LocalRemoval, LocalState, LocalUpdate, NewRecord, RecordType
from scheduling.services.audit import Author
from scheduling.services.copying import reserve_ids

CREATE_BATCH = 2_000
BATCH = 500
Action = PlanRow.Action


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
                batch = list(PlanRow.objects.filter(pk__in=batch_ids).order_by("id"))
                stale = {row.pk for row in work(batch)}
                PlanRow.objects.filter(pk__in=set(batch_ids) - stale).update(state=PlanRow.State.APPLIED)
                PlanRow.objects.filter(pk__in=stale).update(state=PlanRow.State.STALE)
            self.stale += len(stale)
            self.done += len(batch_ids)
            self.progress(self.done)

    # ---- changes

    def _change(self, rows: list[PlanRow]) -> list[PlanRow]:
        links = links_by_id((row.link_id for row in rows if row.link_id), lock=True)
        ours = self.kind.ours(self._local_ids(links.values()), lock=True)
        tick = touch()
        updates: list[LocalUpdate] = []
        held: list[tuple[Link, HeldField]] = []
        stale: list[PlanRow] = []
        settled: list[Link] = []
        for row in rows:
            link = links.get(row.link_id or 0)
            state = ours.get(self._local_id(link) or 0) if link else None
            if link is None or (state is None and row.note != GONE_ON_BOTH_SIDES):
                stale.append(row)
            elif row.note == GONE_ON_BOTH_SIDES:
                settled.append(self._retire(link, tick))
            elif row.action == Action.MISSING:
                settled.append(self._miss(link, row.note))
            elif row.theirs is None and state is not None:
                held.append((link, self._removal_conflict(state)))
            elif state is not None and not self._change_one(row, link, state, tick, updates, held):
                stale.append(row)
            else:
                settled.append(link)
        self.kind.update(updates, self.author)
        save_links(settled)
        note_conflicts(held, examined=settled, run_id=self.plan.run_id, now=self.now)
        return stale

    def _change_one(
        self,
        row: PlanRow,
        link: Link,
        state: LocalState,
        tick: int,
        updates: list[LocalUpdate],
        held: list[tuple[Link, HeldField]],
    ) -> bool:
        """Decide one row again and collect its writes; False if it is stale and must wait."""
        if link.touched != row.link_touched and link.touched > self.plan.watermark:
            return False  # read or written since the snapshot: what it showed is out of date
        theirs = decode(row.theirs or {}, structs=STRUCTS)
        adopted = link.state in {LinkState.CREATING, LinkState.UNKNOWN_OUTCOME} and link.intent is not None
        if adopted and link.intent is not None:
            link.baseline, link.baseline_theirs = link.intent["values"], {}
        merge = self._merge(link, state.values, theirs)
        if self.is_approved and shown_fields(merge) != row.fields:
            return False
        if adopted or link.sis_id is None:
            link.sis_id = row.record_key
            self.kind.set_sis_ids([(int(self._local_id(link) or 0), row.record_key)], self.author)
        version = state.version
        if merge.pulls:
            updates.append(self._update(link, state, merge))
            version += 1
        link.label = self.kind.label({**state.values, **merge.pulls})[:120]
        seen = Seen(
            values=theirs,
            source_hash=bytes(row.source_hash) if row.source_hash is not None else None,
            tick=tick,
            now=self.now,
        )
        settle(link, merge, seen=seen, version=version)
        held.extend((link, HeldField.of(name, merge.decisions[name])) for name in merge.held)
        return True

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

    def _removal_conflict(self, state: LocalState) -> HeldField:
        return HeldField(
            field="",
            kind=Conflict.Kind.REMOVAL,
            ours=encode(state.values),
            theirs=None,
            base=None,
            rule="REMOVAL",
            note=REMOVED_BUT_EDITED,
        )

    # ---- removals

    def _remove_or_cancel(self, rows: list[PlanRow]) -> list[PlanRow]:
        with_values = [row for row in rows if row.theirs is not None]
        removals = [row for row in rows if row.theirs is None]
        return [*self._change(with_values), *self._remove(removals)] if rows else []

    def _remove(self, rows: list[PlanRow]) -> list[PlanRow]:
        if not rows:
            return []
        links = links_by_id((row.link_id for row in rows if row.link_id), lock=True)
        ours = self.kind.ours(self._local_ids(links.values()), lock=True)
        tick = touch()
        stale, removals, cancels, retired = [], [], [], []
        for row in rows:
            link = links.get(row.link_id or 0)
            state = ours.get(self._local_id(link) or 0) if link else None
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
            retired.append(self._retire(link, tick))
        save_links(retired)
        Link.objects.bulk_update(retired, ["former_id", "section", "relationship", "retired_at"])
        self.kind.update(cancels, self.author)
        self.kind.remove(removals, self.author, rule="SIS_REMOVED")
        note_conflicts([], examined=retired, run_id=self.plan.run_id, now=self.now)
        return stale

    def _cancel(self, link: Link, state: LocalState) -> LocalUpdate:
        return LocalUpdate(
            record_id=int(self._local_id(link) or 0),
            version=state.version,
            before=state.values,
            after={"status": "CANCELLED"} if state.values.get("status") != "CANCELLED" else {},
            rules={"status": "SIS_REMOVED"},
            action="CANCEL",
        )

    def _retire(self, link: Link, tick: int) -> Link:
        link.state = LinkState.RETIRED
        link.former_id = link.record_id
        link.retired_at = self.now
        link.touched = tick
        link.sent = []
        link.missing_since, link.missing_digest = None, ""
        link.section_id = link.relationship_id = None
        return link

    # ---- creations

    def _create(self, rows: list[PlanRow]) -> list[PlanRow]:
        keys = [row.record_key for row in rows]
        taken = set(
            Link.objects.filter(
                merge_type=self.kind.merge_type.value, term_id=self.kind.term, sis_id__in=keys
            )
            .exclude(state__in=[LinkState.RETIRED, LinkState.ARCHIVED])
            .values_list("sis_id", flat=True)
        )
        returning = links_by_id((row.link_id for row in rows if row.link_id), lock=True)
        fresh = [row for row in rows if row.record_key not in taken]
        self._archive_others(fresh)
        new = [self._new_record(row, returning) for row in fresh]
        ids = self.kind.create(new, self.author)
        tick = touch()
        made: list[Link] = []
        returned: list[Link] = []
        for row, one, pk in zip(fresh, new, ids, strict=True):
            link = returning.get(row.link_id or 0) or self._blank_link()
            self._link(link, row, one, pk, tick)
            (returned if link.pk else made).append(link)
        for link, pk in zip(made, reserve_ids(Link._meta.db_table, len(made)), strict=True):
            link.pk = pk
        insert_links(made, [self.kind.id_column])
        save_links(returned)
        Link.objects.bulk_update(returned, [self.kind.id_column, "former_id", "retired_at", "removal"])
        return [row for row in rows if row.record_key in taken]

    def _archive_others(self, rows: Sequence[PlanRow]) -> None:
        """A retired link whose id now belongs to another record steps aside (MERGE.md, Removals)."""
        keys = [row.record_key for row in rows if row.link_id is None]
        Link.objects.filter(
            merge_type=self.kind.merge_type.value,
            term_id=self.kind.term,
            sis_id__in=keys,
            state=LinkState.RETIRED,
        ).update(state=LinkState.ARCHIVED)

    def _new_record(self, row: PlanRow, returning: Mapping[int, Link]) -> NewRecord:
        stored = dict(row.theirs or {})
        subject, number = stored.pop("_course", ("", ""))
        link = returning.get(row.link_id or 0)
        return NewRecord(
            sis_id=row.record_key,
            values=decode(stored, structs=STRUCTS),
            former_id=link.former_id if link else None,
            rule=Rule.SIS_ONLY.value,
            subject=subject,
            number=number,
        )

    def _blank_link(self) -> Link:
        return Link(
            merge_type=self.kind.merge_type.value, term_id=self.kind.term, client_ref=uuid.uuid4(), removal=""
        )

    def _link(self, link: Link, row: PlanRow, one: NewRecord, pk: int, tick: int) -> None:
        setattr(link, self.kind.id_column, pk)
        link.sis_id = row.record_key
        link.label = row.label
        link.state = LinkState.LINKED
        link.baseline = {name: value for name, value in (row.theirs or {}).items() if name != "_course"}
        link.baseline_theirs = {}
        link.agreed_version = 1
        link.source_hash = bytes(row.source_hash) if row.source_hash is not None else None
        link.touched = tick
        link.synced_at = self.now
        link.sent, link.fights, link.intent = [], {}, None
        link.missing_since, link.missing_digest = None, ""
        link.former_id, link.retired_at, link.removal = None, None, ""

    # ---- ids

    def _local_id(self, link: Link | None) -> int | None:
        value: int | None = getattr(link, self.kind.id_column) if link is not None else None
        return value

    def _local_ids(self, links: Iterable[Link]) -> list[int]:
        return [pk for link in links if (pk := self._local_id(link))]
