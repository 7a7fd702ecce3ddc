"""Changing what roles may by default."""

from collections.abc import Collection, Mapping
from typing import TypeVar

from django.db import transaction
from django.db.models import Model

from phases.errors import RuleRefused
from phases.models import PhaseActionRule, PhaseFieldRule, RoleFieldRule, RolePermission
from phases.rules import PERMISSION_WORDS, Grant, Permission, Rule

from .recording import UPDATE, Record, RuleChange, record_all
from .rule_rows import check_fields, check_roles, put

Row = TypeVar("Row", bound=Model)
ROLE = "role_id"
KEPT = Permission.EDIT_ROLES
GIVING = (Grant.ALLOW.value, Grant.OWN_DEPARTMENTS.value)


@transaction.atomic
def save_role_rules(
    role: str,
    *,
    permissions: Mapping[Permission, Grant | None],
    fields: Mapping[str, Rule | None],
    known_fields: Collection[str],
    record: Record,
) -> tuple[RuleChange, ...]:
    """Change what is given; None takes a permission or a field's rule away, what is left out stays.

    Raises `RuleRefused`: no such role or field, *same as default* where there is nothing below, or nobody
    could edit roles any more.
    """
    check_roles([role])
    check_fields(fields, known_fields)
    if Rule.DEFAULT in fields.values():
        raise RuleRefused("A role's own rule is editable or locked; it is the default itself.", "fields")
    given = put(
        RolePermission,
        owner={ROLE: role},
        keys=("permission",),
        value="grant",
        wanted={(one.value,): _value(grant) for one, grant in permissions.items()},
    )
    opened = put(
        RoleFieldRule,
        owner={ROLE: role},
        keys=("field",),
        value="rule",
        wanted={(name,): _value(rule) for name, rule in fields.items()},
    )
    _check_somebody_may()
    changes = [
        RuleChange(action=UPDATE, record_type="role", record_id=role, field=field, before=before, after=after)
        for prefix, changed in (("permission ", given), ("", opened))
        for (name,), (before, after) in sorted(changed.items())
        for field in [f"{prefix}{name}"]
    ]
    return record_all(changes, record)


@transaction.atomic
def copy_role_rules(source: str, target: str, *, record: Record) -> tuple[RuleChange, ...]:
    """Give `target`, a role without rules, those of `source`: permissions, defaults, and in every phase.

    Without them a new role may do nothing, and no phase would lock anything that is opened to it later.
    Raises `RuleRefused`.
    """
    check_roles([source, target])
    for model in (RolePermission, RoleFieldRule, PhaseFieldRule, PhaseActionRule):
        _copy(model, source, target)
    change = RuleChange(
        action=UPDATE, record_type="role", record_id=target, field="rules", after={"copied_from": source}
    )
    return record_all([change], record)


def _copy(model: type[Row], source: str, target: str) -> None:
    rows = model._default_manager
    if rows.filter(**{ROLE: target}).exists():
        raise RuleRefused("The role has rules of its own; copying would mix them.", "role")
    copies = list(rows.filter(**{ROLE: source}))
    for one in copies:
        one.pk = None
        setattr(one, ROLE, target)
    rows.bulk_create(copies)


def _value(said: Grant | Rule | None) -> str | None:
    return None if said is None else said.value


def _check_somebody_may() -> None:
    """A change that locks everybody out could not be taken back by anybody."""
    if not RolePermission.objects.filter(permission=KEPT.value, grant__in=GIVING).exists():
        raise RuleRefused(
            f"Then no role may {PERMISSION_WORDS[KEPT]} any more, and nobody could change it back.",
            "permissions",
        )
