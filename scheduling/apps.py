"""The app `scheduling`."""

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    """Scheduling: terms, courses, sections, people."""

    name = "scheduling"
    default_auto_field = "django.db.models.BigAutoField"
