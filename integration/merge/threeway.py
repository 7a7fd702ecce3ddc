"""The per-field rule (MERGE.md, Per-field rule): pure, total, the same answer for the same input."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from .policy import FIGHT_LIMIT, Context, Covered, FieldPolicy, Source
from .records import Baseline, Decision, RecordMerge, Rule, Shape, Value, Values
from .rendering import is_rendering
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
    decisions = {
        policy.name: merge_field(
            base=base,
            ours=ours.get(policy.name, policy.blank),
            theirs=theirs[policy.name],
            policy=policy,
            context=context,
        )
        for policy in policies
        if policy.name in theirs
    }
    for policy in policies:
        if policy.is_sound is not None:
            decisions |= _held_as_unsound(policy.is_sound, policy.checked, decisions, ours, theirs)
    return RecordMerge(decisions=decisions)


def merge_field(
    *, base: Baseline | None, ours: Value, theirs: Value, policy: FieldPolicy, context: Context = NO_CONTEXT
) -> Decision:
    """Decide one field. The hard checks are `merge_record`'s: they may look at several fields."""
    sent = context.sent.get(policy.name, ())
    landed = _newest_landed(sent, theirs)
    case = _case(base, ours, theirs, policy)
    covered = [one for one in context.covered.get(policy.name, ()) if one.stands_in(theirs)]
    if covered:
        return case.uncover(covered, context)
    if landed is not None and not case.shows_only_base:
        # Our own write landed: not a remote edit.
        case = replace(case, is_agreed=True, base=sent[landed], base_theirs=theirs)
    decision = case.decide(context)
    is_outstanding = bool(sent) and landed != len(sent) - 1
    if decision.is_pushed and context.is_waiting and is_outstanding:
        return case.leave(Rule.IN_FLIGHT, is_logged=case.is_theirs_changed)
    return decision


def _newest_landed(sent: Sequence[Value], theirs: Value) -> int | None:
    """Which of the values in flight the SIS shows; as it is, before as the SIS may render it."""
    newest_first = range(len(sent) - 1, -1, -1)
    exact = next((index for index in newest_first if sent[index] == theirs), None)
    if exact is not None:
        return exact
    return next((index for index in newest_first if is_rendering(sent=sent[index], seen=theirs)), None)


def _held_as_unsound(
    is_sound: Callable[..., bool],
    names: Sequence[str],
    decisions: Mapping[str, Decision],
    ours: Values,
    theirs: Values,
) -> dict[str, Decision]:
    """The decisions to hold because the merged values stand on neither side and break a hard check."""
    found = [decisions.get(name) for name in names]
    our_side = [ours.get(name) if d is None else d.ours for name, d in zip(names, found, strict=True)]
    their_side = [theirs.get(name) for name in names]
    merged = [mine if d is None else d.result for mine, d in zip(our_side, found, strict=True)]
    if merged in (our_side, their_side) or is_sound(*merged):
        return {}
    return {
        name: replace(
            decision,
            rule=Rule.SEMANTIC,
            result=decision.ours,
            is_pulled=False,
            is_pushed=False,
            has_agreed=False,
            is_held=True,
            is_logged=False,
        )
        for name, decision in zip(names, found, strict=True)
        if decision is not None and (decision.is_pulled or decision.is_pushed)
    }


def _case(base: Baseline | None, ours: Value, theirs: Value, policy: FieldPolicy) -> "_Case":
    if base is None or policy.name not in base.values:
        return _Case(policy=policy, ours=ours, theirs=theirs)
    agreed = [base.ours_of(policy.name), base.theirs_of(policy.name)]
    base_ours, base_theirs = (policy.blank if value is None else value for value in agreed)
    return _Case(
        policy=policy, ours=ours, theirs=theirs, is_agreed=True, base=base_ours, base_theirs=base_theirs
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Case:
    """One field of one record. `base`, `base_theirs`: the agreed value as we and as the SIS render it.

    Without `is_agreed` there is no base, which is not the same as a blank one.
    """

    policy: FieldPolicy
    ours: Value
    theirs: Value
    is_agreed: bool = False
    base: Value = None
    base_theirs: Value = None

    @property
    def is_ours_changed(self) -> bool:
        return bool(self.ours != (self.base if self.is_agreed else self.policy.blank))

    @property
    def is_theirs_changed(self) -> bool:
        return bool(self.theirs != (self.base_theirs if self.is_agreed else self.policy.blank))

    @property
    def shows_only_base(self) -> bool:
        """Whether what the SIS shows proves no landing: it showed it before, as it was agreed.

        Where it is known to render the agreed value in its own way, a value in flight may look the same.
        """
        return self.is_agreed and self.theirs == self.base_theirs == self.base

    def decide(self, context: Context) -> Decision:
        if self.ours == self.theirs:
            return self._decision(Rule.EQUAL if self.is_agreed else Rule.FIRST_LINK)
        if self.policy.source is Source.ALWAYS_SIS:
            return self._take_theirs(Rule.ALWAYS_SIS, is_logged=self.is_ours_changed)
        if not self.is_agreed:
            return self._first_link()
        if not self.is_ours_changed and not self.is_theirs_changed:
            return self._decision(Rule.EQUAL)  # two renderings of one agreement
        if self.policy.source is Source.ALWAYS_TANDEM:
            return self._always_tandem(context)
        return self._three_way()

    def uncover(self, covered: Sequence[Covered], context: Context) -> Decision:
        """Decide as if what writes of ours covered had been read before them; it may go to the SIS again."""
        base, theirs = self.base_theirs, self.theirs
        for one in covered:
            base, theirs = one.undone_in(base, to_base=True), one.undone_in(theirs)
        case = replace(self, is_agreed=True, base=base, base_theirs=base, theirs=theirs)
        decision = replace(case.decide(context), is_covered=True, stands=self.theirs)
        if decision.is_held:
            return decision
        is_there = decision.result in (self.theirs, covered[-1].by)
        return replace(
            decision,
            is_pulled=decision.result != self.ours,
            is_pushed=self.policy.can_send and not is_there,
        )

    def _first_link(self) -> Decision:
        """No base, and not equal: one side blank, the value there is; both set, the source decides."""
        if self.ours == self.policy.blank:
            return self._take_theirs(Rule.FIRST_LINK)
        if self.theirs == self.policy.blank:
            return self._take_ours(Rule.FIRST_LINK)
        return self._conflict()

    def _always_tandem(self, context: Context) -> Decision:
        fight = context.fights.get(self.policy.name)
        is_fight = fight is not None and fight.value == self.ours and fight.times >= FIGHT_LIMIT
        if is_fight and self.is_theirs_changed:
            return self._hold(Rule.FIGHT)
        return self._take_ours(Rule.ALWAYS_TANDEM, is_logged=self.is_theirs_changed)

    def _three_way(self) -> Decision:
        if not self.is_ours_changed:
            return self._take_theirs(Rule.SIS_CHANGED)
        if not self.is_theirs_changed:
            return self._take_ours(Rule.TANDEM_CHANGED)
        if self.policy.shape is Shape.SCALAR or not (self.policy.can_import and self.policy.can_send):
            return self._conflict()
        return self._merge_set()

    def _conflict(self) -> Decision:
        """Both sides changed it. Where the preferred side's way is barred, a person decides."""
        match self.policy.source:
            case Source.PREFER_SIS if self.policy.can_import:
                return self._take_theirs(Rule.PREFER_SIS, is_logged=True)
            case Source.PREFER_TANDEM if self.policy.can_send:
                return self._take_ours(Rule.PREFER_TANDEM, is_logged=True)
            case Source.ALWAYS_TANDEM:
                return self._take_ours(Rule.ALWAYS_TANDEM, is_logged=True)
            case _:
                return self._hold(Rule.ASK)

    def _merge_set(self) -> Decision:
        """Both sides changed the set: item by item; only items changed on both sides are conflicts."""
        triples = self._triples()
        is_conflict = any(triple.is_conflict for triple in triples)
        if is_conflict and self.policy.source is Source.ASK:
            return self._hold(Rule.ASK)
        prefer_ours = self.policy.source is not Source.PREFER_SIS
        merged = (triple.merged(prefer_ours=prefer_ours) for triple in triples)
        result = tuple(sorted({item for item in merged if item is not None}))
        rule = Rule.MERGED
        if is_conflict:
            rule = Rule.PREFER_TANDEM if prefer_ours else Rule.PREFER_SIS
        return replace(
            self._decision(rule, is_logged=is_conflict),
            result=result,
            is_pulled=result != self.ours,
            is_pushed=result != self.theirs,
        )

    def _triples(self) -> list[Triple]:
        if self.policy.shape is Shape.KEYED:
            return triples_by_key(self.base, self.ours, self.theirs, key_of=self.policy.key_of)
        return triples_by_nearness(self.base, self.ours, self.theirs)

    def _take_theirs(self, rule: Rule, *, is_logged: bool = False) -> Decision:
        if not self.policy.can_import:
            return self.leave(Rule.DRIFT)
        return replace(self._decision(rule, is_logged=is_logged), result=self.theirs, is_pulled=True)

    def _take_ours(self, rule: Rule, *, is_logged: bool = False) -> Decision:
        if not self.policy.can_send:
            return self.leave(Rule.PENDING)
        return replace(self._decision(rule, is_logged=is_logged), is_pushed=True)

    def _hold(self, rule: Rule) -> Decision:
        return replace(self.leave(rule), is_held=True)

    def leave(self, rule: Rule, *, is_logged: bool = False) -> Decision:
        """Write nothing and agree on nothing."""
        return replace(self._decision(rule, is_logged=is_logged), has_agreed=False)

    def _decision(self, rule: Rule, *, is_logged: bool = False) -> Decision:
        return Decision(
            rule=rule,
            base=self.base,
            base_theirs=self.base_theirs,
            has_base=self.is_agreed,
            ours=self.ours,
            theirs=self.theirs,
            result=self.ours,
            is_logged=is_logged,
        )
