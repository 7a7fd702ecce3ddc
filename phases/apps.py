"""The app `phases`."""

from django.apps import AppConfig


class PhasesConfig(AppConfig):
    """Phases: what may be edited when, by whom."""

    name = "phases"
    default_auto_field = "django.db.models.BigAutoField"
