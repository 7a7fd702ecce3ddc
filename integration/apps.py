"""The app `integration`."""

from django.apps import AppConfig


class IntegrationConfig(AppConfig):
    """Integration: SIS adapters, merges, outbound delivery."""

    name = "integration"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow what people save; tell scheduling what the settings lock and how far the SIS has it."""
        from integration.receivers import connect  # noqa: PLC0415  # models first
        from integration.source_locks import read_source_locks  # noqa: PLC0415  # models first
        from integration.status import status_of_sections  # noqa: PLC0415  # models first
        from scheduling.api import integration_status  # noqa: PLC0415  # models first
        from scheduling.services import field_locks  # noqa: PLC0415  # models first

        connect()
        field_locks.register(read_source_locks)
        integration_status.register(status_of_sections)
