"""Why a field of a section holds its value: base, Tandem's, the SIS's, the rule, the run, the person.

Told from what is kept: the audit, the rows of applied plans, conflicts, and what both sides last agreed on.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils import timezone

from integration.fieldsets import section_policies
from integration.linkstate import baseline_of, context_of
from integration.merge.canonical import plain
from integration.merge.records import Baseline, Rule
from integration.merge.threeway import merge_record
from integration.models import Conflict, Link, LinkState, Plan, PlanRow
from integration.offers import known_capabilities
from integration.rule_words import Act, rule_in_words
from integration.settings import active_version, read
from integration.sis.port import Capabilities, MergeType
from integration.wording import how_to_settle, moment
from scheduling.domain.errors import UnknownField
from scheduling.models import ChangeLog
from scheduling.selectors import catalogue, section_state

LEFT_TO_A_PERSON = frozenset({Rule.ASK, Rule.SEMANTIC, Rule.FIGHT})
UNTIL_AGREED = frozenset({Rule.PENDING, Rule.IN_FLIGHT})
ROWS_LOOKED_AT = 20
NOT_THERE = " The SIS does not have this section yet."


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """The decision about a value: what each side held (JSON-ready; None also where it is not known)."""

    rule: str
    base: Any
    ours: Any
    theirs: Any
    run: int | None = None
    actor: str | None = None
    at: dt.datetime | None = None
    remark: str = ""


@dataclass(frozen=True, kw_only=True)
class Explainer:
    """Explains one field of one section. `change`: the audit row that wrote the value that stands."""

    name: str
    values: dict[str, Any] = field(repr=False)
    link: Link | None
    change: ChangeLog | None
    now: dt.datetime
    capabilities: Capabilities

    @property
    def value(self) -> Any:
        """What stands here now."""
        return plain(self.values.get(self.name))

    @property
    def agreed(self) -> Baseline | None:
        """What both sides last agreed on, if they ever did on this field."""
        base = baseline_of(self.link) if self.link is not None else None
        return base if base is not None and self.name in base.values else None

    @property
    def is_agreed(self) -> bool:
        """Whether the value that stands is the agreed one."""
        return self.agreed is not None and plain(self.agreed.ours_of(self.name)) == self.value

    def why(self) -> Why:
        """The newest decision that tells of the value."""
        conflict = Conflict.objects.filter(link=self.link, field=self.name).order_by("-id").first()
        if conflict is not None and conflict.status == Conflict.Status.OPEN:
            return self._held(conflict)
        if conflict is not None and self._is_settled_by(conflict):
            return self._resolved(conflict)
        row = next(filter(self._fits, self._rows()), None)
        if row is not None:
            return self._planned(row)
        if self.agreed is not None and not self.is_agreed:
            return self._undecided(self.agreed)
        return self._as_written()

    # ---- conflicts

    def _held(self, conflict: Conflict) -> Why:
        return Why(
            rule=conflict.rule,
            base=conflict.base,
            ours=self.value,
            theirs=conflict.theirs,
            run=conflict.run_id,
            actor=self.change.actor_name if self.change else None,
            at=conflict.opened_at,
            remark=f" {how_to_settle(conflict.pk)}",
        )

    def _is_settled_by(self, conflict: Conflict) -> bool:
        chosen = conflict.ours if conflict.resolution == "OURS" else conflict.theirs
        is_newest = self.change is None or (conflict.resolved_at or self.now) >= self.change.at
        return conflict.status == Conflict.Status.RESOLVED and is_newest and chosen == self.value

    def _resolved(self, conflict: Conflict) -> Why:
        return Why(
            rule=Act.RESOLVED,
            base=conflict.base,
            ours=conflict.ours,
            theirs=conflict.theirs,
            run=conflict.run_id,
            actor=conflict.resolved_by.get_username() if conflict.resolved_by else None,
            at=conflict.resolved_at,
        )

    # ---- merges

    def _rows(self) -> Iterable[PlanRow]:
        rows = PlanRow.objects.filter(
            link=self.link,
            fields__has_key=self.name,
            state=PlanRow.State.APPLIED,
            plan__status=Plan.Status.APPLIED,
        )
        return rows.select_related("plan").order_by("-id")[:ROWS_LOOKED_AT] if self.link else ()

    def _fits(self, row: PlanRow) -> bool:
        """Whether a planned decision is the one that the value stands on."""
        decision = row.fields[self.name]
        is_over = decision["rule"] in LEFT_TO_A_PERSON or (
            decision["rule"] in UNTIL_AGREED and self.is_agreed
        )
        is_changed_since = (
            self.change is not None and self.change.run_id is None and self.change.at > row.plan.created_at
        )
        return decision["result"] == self.value and not is_over and not is_changed_since

    def _planned(self, row: PlanRow) -> Why:
        decision = row.fields[self.name]
        sides = {side: decision[side] for side in ("base", "ours", "theirs")}
        if decision["rule"] == Rule.TANDEM_ONLY:  # created by us: nothing stood against it
            sides |= self._agreed_sides()
        return Why(rule=decision["rule"], run=row.plan.run_id, **sides, **self._written())

    def _undecided(self, agreed: Baseline) -> Why:
        """Changed here since the last merge: what the rules make of what is known of the SIS."""
        policies = section_policies(
            catalogue(),
            read(active_version()).of(MergeType.SECTIONS),
            self.capabilities,
            sis_id=(self.link.sis_id if self.link else "") or "",
        )
        decision = merge_record(
            base=agreed,
            ours=self.values,
            theirs={self.name: agreed.theirs_of(self.name)},
            policies=[one for one in policies if one.name == self.name],
            context=context_of(
                self.link,  # type: ignore[arg-type]  # there is an agreement, so there is a link
                now=self.now,
                applies_later=self.capabilities.applies_later_seconds is not None,
            ),
        ).decisions[self.name]
        return Why(
            rule=decision.rule,
            base=plain(decision.base),
            ours=plain(decision.ours),
            theirs=plain(decision.theirs),
            remark=" No merge has decided it yet; so it stands by what the SIS showed last.",
            **self._written(),
        )

    # ---- the audit alone

    def _as_written(self) -> Why:
        """No merge had anything to decide: the value is as it was imported, or as a person wrote it."""
        change = self.change
        run = change.run_id if change else None
        sides = self._agreed_sides()
        common: dict[str, Any] = {
            "theirs": sides["theirs"],
            "run": run,
            "remark": self._absence(),
            **self._written(),
        }
        if change is not None and change.field and run is not None:  # a delivery or an older merge took it
            base = change.before if change.rule == Rule.SIS_CHANGED else None
            return Why(rule=change.rule, base=base, ours=change.before, **common)
        if change is not None and change.field and self.is_agreed:
            return Why(rule=Rule.TANDEM_CHANGED, base=change.before, ours=self.value, **common)
        from_sis = change is not None and change.source == ChangeLog.Source.IMPORT and self.agreed is not None
        rule = Rule.SIS_ONLY if from_sis else Rule.TANDEM_ONLY
        return Why(rule=rule, base=sides["base"], ours=self.value, **common)

    def _agreed_sides(self) -> dict[str, Any]:
        """What both sides last agreed on, as each shows it."""
        if self.agreed is None:
            return {"base": None, "theirs": None}
        return {
            "base": plain(self.agreed.ours_of(self.name)),
            "theirs": plain(self.agreed.theirs_of(self.name)),
        }

    def _absence(self) -> str:
        """What to say where the SIS's side is not known."""
        if self.link is None or self.link.state in {LinkState.NEW, LinkState.CREATING}:
            return NOT_THERE
        return "" if self.agreed else " The SIS has never shown this field."

    def _written(self) -> dict[str, Any]:
        if self.change is None:
            return {}
        return {"actor": self.change.actor_name or None, "at": self.change.at}


def explain(
    section_id: int, name: str, *, now: dt.datetime, capabilities: Capabilities | None = None
) -> dict[str, Any]:
    """The document of CONTRACT.md for one field of a section that exists.

    `at` and `actor` tell of the value that stands, `run` of the merge that decided about it. Raises
    `UnknownField` with the fields there are.
    """
    fields = catalogue()
    if name not in fields:
        raise UnknownField(f"Sections have no field {name!r}; there are {', '.join(fields.names)}.", name)
    label = fields[name].label
    changes = ChangeLog.objects.filter(record_type="section", record_id=str(section_id))
    explainer = Explainer(
        name=name,
        values=section_state(section_id).values,
        link=Link.objects.filter(section=section_id).first(),
        change=changes.filter(Q(field=name) | Q(field="", action=ChangeLog.Action.CREATE))
        .order_by("-id")
        .first(),
        now=now,
        capabilities=capabilities or known_capabilities(),
    )
    why = explainer.why()
    return {
        "section": section_id,
        "field": name,
        "label": label,
        "value": explainer.value,
        "base": why.base,
        "ours": why.ours,
        "theirs": why.theirs,
        "rule": str(why.rule),
        "sentence": _sentence(why, label),
        "run": why.run,
        "actor": why.actor,
        "at": timezone.localtime(why.at).isoformat() if why.at else None,
    }


def _sentence(why: Why, label: str) -> str:
    zone = timezone.get_default_timezone()
    who = f" {why.actor}, {moment(why.at, zone)}." if why.actor and why.at else ""
    run = f" Merge run {why.run}." if why.run else ""
    return f"{rule_in_words(why.rule, label=label)}{why.remark}{who}{run}"
