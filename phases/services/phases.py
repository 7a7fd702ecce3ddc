"""Making and changing phases."""

from collections.abc import Collection, Mapping

from django.db import transaction

from phases.errors import RuleRefused
from phases.models import Colour, Phase, PhaseActionRule, PhaseFieldRule, TimelineEntry
from phases.rules import Action, Rule

from .recording import CREATE, DELETE, UPDATE, Record, RuleChange, record_all
from .rule_rows import Key, by_last_key, check_fields, check_roles, put

PARTS = ("name", "description", "colour", "position")
FieldRules = Mapping[tuple[str, str], Rule | None]
ActionRules = Mapping[tuple[str, Action], Rule | None]


@transaction.atomic
def save_phase(
    phase_id: int | None, *, name: str, description: str, colour: str, position: int, record: Record
) -> int:
    """Make a phase (None) or change one; returns its id. Raises `RuleRefused`."""
    phase = Phase(pk=None) if phase_id is None else _locked(phase_id)
    before = {part: getattr(phase, part) for part in PARTS}
    after = {"name": name.strip(), "description": description.strip(), "colour": colour, "position": position}
    _check(after, phase_id)
    for part, value in after.items():
        setattr(phase, part, value)
    if phase_id is None or before != after:
        phase.save()
    record_id = str(phase.pk)
    if phase_id is None:
        changes = [RuleChange(action=CREATE, record_type="phase", record_id=record_id, after=after)]
    else:
        changes = [
            RuleChange(
                action=UPDATE,
                record_type="phase",
                record_id=record_id,
                field=part,
                before=before[part],
                after=value,
            )
            for part, value in after.items()
            if before[part] != value
        ]
    record_all(changes, record)
    return phase.pk


@transaction.atomic
def save_phase_rules(
    phase_id: int,
    *,
    fields: FieldRules,
    actions: ActionRules,
    known_fields: Collection[str],
    record: Record,
) -> tuple[RuleChange, ...]:
    """Change what is given, by (role, field) and (role, action); what is left out stays.

    None takes the rule away: then ``*`` decides and without it the role's default. Raises `RuleRefused`.
    """
    _locked(phase_id)
    check_roles(role for role, _what in [*fields, *actions])
    check_fields((name for _role, name in fields), known_fields)
    said: dict[Key, str | None] = {key: _value(rule) for key, rule in fields.items()}
    taken: dict[Key, str | None] = {
        (role, action.value): _value(rule) for (role, action), rule in actions.items()
    }
    owner = {"phase_id": phase_id}
    of_fields = put(PhaseFieldRule, owner=owner, keys=("role_id", "field"), value="rule", wanted=said)
    of_actions = put(PhaseActionRule, owner=owner, keys=("role_id", "action"), value="rule", wanted=taken)
    record_id = str(phase_id)
    return record_all(
        [
            *by_last_key(of_fields, record_type="phase", record_id=record_id),
            *by_last_key(of_actions, record_type="phase", record_id=record_id, prefix="action "),
        ],
        record,
    )


def check_phase_name(name: str, phase_id: int | None) -> None:
    """Raise `RuleRefused` unless a phase (None: a new one) may be called so."""
    if not name:
        raise RuleRefused("A phase needs a name.", "name")
    taken = Phase.objects.filter(name__iexact=name).exclude(pk=phase_id or 0).first()
    if taken is not None:
        raise RuleRefused(f"There is a phase called {taken.name} already.", "name")


def why_it_stays(phase: Phase) -> str:
    """Why a phase cannot be removed; blank: it can."""
    entries = TimelineEntry.objects.filter(phase=phase).order_by("term_id")
    terms = list(dict.fromkeys(entries.values_list("term__name", flat=True)))
    if not terms:
        return ""
    where = f"the timeline{'' if len(terms) == 1 else 's'} of {', '.join(terms)}"
    return f"{phase.name} is in {where}; take it out there first."


@transaction.atomic
def delete_phase(phase_id: int, *, record: Record) -> None:
    """Remove a phase that no timeline names. Raises `RuleRefused`."""
    phase = _locked(phase_id)
    if why := why_it_stays(phase):
        raise RuleRefused(why, "name")
    before = {part: getattr(phase, part) for part in PARTS}
    phase.delete()
    change = RuleChange(action=DELETE, record_type="phase", record_id=str(phase_id), before=before)
    record_all([change], record)


def _value(rule: Rule | None) -> str | None:
    return None if rule is None else rule.value


def _locked(phase_id: int) -> Phase:
    phase = Phase.objects.select_for_update().filter(pk=phase_id).first()
    if phase is None:
        raise RuleRefused("There is no such phase any more.", "phase")
    return phase


def _check(values: Mapping[str, object], phase_id: int | None) -> None:
    check_phase_name(str(values["name"]), phase_id)
    if values["colour"] not in Colour.values:
        raise RuleRefused(f"The colour is one of {', '.join(Colour.values)}.", "colour")
