"""The app `integration`."""

from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db.models.signals import post_migrate
from django.utils import timezone


def make_default_profile(*, apps: Any = installed, **_sent: object) -> None:
    """The merge profile that a fresh (or emptied) database starts with: the delivered defaults.

    `apps`: as migrated so far; the command `flush` sends none and means the installed ones.
    """
    try:
        profiles = apps.get_model("integration", "MergeProfile")
        versions = apps.get_model("integration", "MergeProfileVersion")
    except LookupError:  # migrated to a state before there were any
        return
    if not profiles.objects.exists():
        profile = profiles.objects.create(name="Default", is_active=True)
        versions.objects.create(
            profile=profile, number=1, created_at=timezone.now(), reason="Delivered defaults"
        )


class IntegrationConfig(AppConfig):
    """Integration: SIS adapters, merges, outbound delivery."""

    name = "integration"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow what people save; tell scheduling of locks, of refusals to come, and how far the SIS is."""
        from integration.foresight import SisForesight  # noqa: PLC0415  # models first
        from integration.receivers import connect  # noqa: PLC0415  # models first
        from integration.side import Side  # noqa: PLC0415  # models first
        from integration.source_locks import read_source_locks  # noqa: PLC0415  # models first
        from scheduling import integration_side  # noqa: PLC0415  # models first
        from scheduling.services import field_locks, foresight  # noqa: PLC0415  # models first

        connect()
        post_migrate.connect(make_default_profile, sender=self)
        field_locks.register(read_source_locks)
        foresight.register(SisForesight)
        integration_side.register(Side)
