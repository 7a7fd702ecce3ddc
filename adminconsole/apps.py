"""The app `adminconsole`."""

from django.apps import AppConfig


class AdminConsoleConfig(AppConfig):
    """Adminconsole: the registrar's console."""

    name = "adminconsole"
    default_auto_field = "django.db.models.BigAutoField"
