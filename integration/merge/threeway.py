"""The per-field rule (MERGE.md, Per-field rule): pure, total, the same answer for the same input."""

from collections.abc import Sequence

from .policy import FIGHT_LIMIT, Context, FieldPolicy, Source
from .records import Baseline, Decision, RecordMerge, Rule, Shape, Value, Values
from .sets import Triple, triples_by_key, triples_by_nearness

NO_CONTEXT = Context()


def merge_record(
    *,
    base: Baseline | None,
    ours: Values,
    theirs: Values,
    policies: Sequence[FieldPolicy],
    context: Context = NO_CONTEXT,
) -> RecordMerge:
    """Decide every field of a record, in the order of `policies`.

    A field that the SIS does not deliver at all (its name is not in `theirs`) is left alone: an adapter that
    does not know a field never wipes it.
    """
    return RecordMerge(
        decisions={
            policy.name: merge_field(
                base=base,
                ours=ours.get(policy.name, () if policy.shape is not Shape.SCALAR else None),
                theirs=theirs[policy.name],
                policy=policy,
                context=context,
            )
            for policy in policies
            if policy.name in theirs
        }
    )


def merge_field(
    *, base: Baseline | None, ours: Value, theirs: Value, policy: FieldPolicy, context: Context = NO_CONTEXT
) -> Decision:
    """Decide one field."""
    if base is None:
        return _first_link(ours, theirs, policy)
    return _Field(base, ours, theirs, policy, context).decide()


def _blank(value: Value) -> bool:
    return value is None or value == ()


def _first_link(ours: Value, theirs: Value, policy: FieldPolicy) -> Decision:
    """No base: equal or one side blank, the value there is; both set and different, the source decides."""
    blank = () if policy.shape is not Shape.SCALAR else None
    if ours == theirs:
        return Decision(rule=Rule.FIRST_LINK, base=blank, ours=ours, theirs=theirs, result=ours)
    if policy.source is Source.ALWAYS_SIS:
        return _take_theirs(Rule.ALWAYS_SIS, blank, ours, theirs, policy, is_logged=not _blank(ours))
    if _blank(ours):
        return _take_theirs(Rule.FIRST_LINK, blank, ours, theirs, policy)
    if _blank(theirs):
        return _take_ours(Rule.FIRST_LINK, blank, ours, theirs, policy)
    return _conflict(blank, ours, theirs, policy)


def _take_theirs(
    rule: Rule, base: Value, ours: Value, theirs: Value, policy: FieldPolicy, *, is_logged: bool = False
) -> Decision:
    if policy.can_import:
        return Decision(
            rule=rule, base=base, ours=ours, theirs=theirs, result=theirs, is_pulled=True, is_logged=is_logged
        )
    return Decision(rule=Rule.DRIFT, base=base, ours=ours, theirs=theirs, result=ours, has_agreed=False)


def _take_ours(
    rule: Rule, base: Value, ours: Value, theirs: Value, policy: FieldPolicy, *, is_logged: bool = False
) -> Decision:
    if policy.can_send:
        return Decision(
            rule=rule, base=base, ours=ours, theirs=theirs, result=ours, is_pushed=True, is_logged=is_logged
        )
    return Decision(rule=Rule.PENDING, base=base, ours=ours, theirs=theirs, result=ours, has_agreed=False)


def _hold(rule: Rule, base: Value, ours: Value, theirs: Value) -> Decision:
    return Decision(
        rule=rule, base=base, ours=ours, theirs=theirs, result=ours, has_agreed=False, is_held=True
    )


def _conflict(base: Value, ours: Value, theirs: Value, policy: FieldPolicy) -> Decision:
    """Both sides changed it. Where the preferred side's way is barred a person decides: nothing is lost."""
    match policy.source:
        case Source.PREFER_SIS | Source.ALWAYS_SIS if policy.can_import:
            return _take_theirs(Rule.PREFER_SIS, base, ours, theirs, policy, is_logged=True)
        case Source.PREFER_TANDEM | Source.ALWAYS_TANDEM if policy.can_send:
            return _take_ours(Rule.PREFER_TANDEM, base, ours, theirs, policy, is_logged=True)
        case _:
            return _hold(Rule.ASK, base, ours, theirs)


class _Field:
    """One field with a base. `base_ours` and `base_theirs` are the two renderings of the agreement."""

    def __init__(
        self, base: Baseline, ours: Value, theirs: Value, policy: FieldPolicy, context: Context
    ) -> None:
        blank = () if policy.shape is not Shape.SCALAR else None
        self.ours, self.theirs, self.policy, self.context = ours, theirs, policy, context
        self.base_ours = base.ours_of(policy.name)
        self.base_theirs = base.theirs_of(policy.name)
        if self.base_ours is None:
            self.base_ours = blank
        if self.base_theirs is None:
            self.base_theirs = blank
        self.sent = context.sent.get(policy.name, ())
        if theirs in self.sent and theirs != self.base_theirs:
            self.base_ours = self.base_theirs = theirs  # our own write landed: not a remote edit

    def decide(self) -> Decision:
        ours, theirs, policy = self.ours, self.theirs, self.policy
        if ours == theirs:
            return Decision(rule=Rule.EQUAL, base=self.base_ours, ours=ours, theirs=theirs, result=ours)
        if self.context.is_waiting and self.sent and theirs == self.base_theirs and theirs != self.sent[-1]:
            return Decision(
                rule=Rule.IN_FLIGHT,
                base=self.base_ours,
                ours=ours,
                theirs=theirs,
                result=ours,
                has_agreed=False,
            )
        if policy.source is Source.ALWAYS_SIS:
            return _take_theirs(
                Rule.ALWAYS_SIS, self.base_ours, ours, theirs, policy, is_logged=ours != self.base_ours
            )
        is_ours_changed, is_theirs_changed = ours != self.base_ours, theirs != self.base_theirs
        if not is_ours_changed and not is_theirs_changed:  # two renderings of one agreement
            return Decision(rule=Rule.EQUAL, base=self.base_ours, ours=ours, theirs=theirs, result=ours)
        if policy.source is Source.ALWAYS_TANDEM:
            return self._always_tandem(is_theirs_changed=is_theirs_changed)
        if not is_ours_changed:
            return _take_theirs(Rule.SIS_CHANGED, self.base_ours, ours, theirs, policy)
        if not is_theirs_changed:
            return _take_ours(Rule.TANDEM_CHANGED, self.base_ours, ours, theirs, policy)
        if policy.shape is not Shape.SCALAR:
            return self._merge_set()
        return _conflict(self.base_ours, ours, theirs, policy)

    def _always_tandem(self, *, is_theirs_changed: bool) -> Decision:
        fight = self.context.fights.get(self.policy.name)
        if (
            fight is not None
            and fight.value == self.ours
            and fight.times >= FIGHT_LIMIT
            and is_theirs_changed
        ):
            return _hold(Rule.FIGHT, self.base_ours, self.ours, self.theirs)
        return _take_ours(
            Rule.ALWAYS_TANDEM,
            self.base_ours,
            self.ours,
            self.theirs,
            self.policy,
            is_logged=is_theirs_changed,
        )

    def _triples(self) -> list[Triple]:
        if self.policy.shape is Shape.KEYED:
            return triples_by_key(self.base_ours, self.ours, self.theirs, key_of=self.policy.key_of)
        return triples_by_nearness(self.base_ours, self.ours, self.theirs)

    def _merge_set(self) -> Decision:
        """Both sides changed the set: item by item; only items changed on both sides are conflicts."""
        policy, ours, theirs = self.policy, self.ours, self.theirs
        if not policy.can_import or not policy.can_send:
            return _conflict(self.base_ours, ours, theirs, policy)
        triples = self._triples()
        is_conflict = any(triple.is_conflict for triple in triples)
        if is_conflict and policy.source is Source.ASK:
            return _hold(Rule.ASK, self.base_ours, ours, theirs)
        prefer_ours = policy.source is not Source.PREFER_SIS
        merged = {triple.merged(prefer_ours=prefer_ours) for triple in triples} - {None}
        result = tuple(sorted(merged))
        if result not in (ours, theirs) and not policy.is_sound(result):
            return _hold(Rule.SEMANTIC, self.base_ours, ours, theirs)
        rule = Rule.MERGED
        if is_conflict:
            rule = Rule.PREFER_TANDEM if prefer_ours else Rule.PREFER_SIS
        return Decision(
            rule=rule,
            base=self.base_ours,
            ours=ours,
            theirs=theirs,
            result=result,
            is_pulled=result != ours,
            is_pushed=result != theirs,
            is_logged=is_conflict,
        )
