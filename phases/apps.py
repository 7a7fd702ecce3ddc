"""The app `phases`."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import transaction
from django.db.models.signals import post_migrate

from phases.delivered import FIELDS, GRANT, PERMISSIONS, PHASES, ROLES


@transaction.atomic
def make_delivered_rules(*, apps: Any = installed, **_sent: object) -> None:
    """The roles, their rules and the phases that a fresh (or emptied) database starts with.

    Nothing where any role has a permission: what an institution removed stays removed. `apps`: as migrated so
    far; the command `flush` sends none and means the installed ones.
    """
    try:
        permissions, roles = apps.get_model("phases", "RolePermission"), apps.get_model("scheduling", "Role")
    except LookupError:  # migrated to a state before there were any
        return
    if permissions.objects.exists():
        return
    for code, name in ROLES.items():
        roles.objects.get_or_create(code=code, defaults={"name": name})
    permissions.objects.bulk_create(
        permissions(role_id=code, permission=one, grant=GRANT)
        for code, given in PERMISSIONS.items()
        for one in given
    )
    defaults = apps.get_model("phases", "RoleFieldRule")
    defaults.objects.bulk_create(
        [
            defaults(role_id=code, field=name, rule=rule)
            for code, rules in FIELDS.items()
            for name, rule in rules.items()
        ],
        ignore_conflicts=True,
    )
    if not apps.get_model("phases", "Phase").objects.exists():
        _make_phases(apps)


def _make_phases(apps: Any) -> None:
    phases = apps.get_model("phases", "Phase")
    fields, actions = apps.get_model("phases", "PhaseFieldRule"), apps.get_model("phases", "PhaseActionRule")
    for position, one in enumerate(PHASES, start=1):
        phase = phases.objects.create(
            name=one.name, description=one.description, colour=one.colour, position=position
        )
        fields.objects.bulk_create(
            fields(phase=phase, role_id=role, field=name, rule=rule)
            for (role, name), rule in one.field_rules().items()
        )
        actions.objects.bulk_create(
            actions(phase=phase, role_id=role, action=action, rule=rule)
            for (role, action), rule in one.action_rules().items()
        )


class PhasesConfig(AppConfig):
    """Phases: what may be edited when, by whom."""

    name = "phases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Deliver the roles' rules and the phases after migrating."""
        post_migrate.connect(make_delivered_rules, sender=self)
