"""The app `integration`."""

from django.apps import AppConfig


class IntegrationConfig(AppConfig):
    """Integration: SIS adapters, merges, outbound delivery."""

    name = "integration"
    default_auto_field = "django.db.models.BigAutoField"
