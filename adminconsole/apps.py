from django.apps import AppConfig


class AdminConsoleConfig(AppConfig):
    name = "adminconsole"
    default_auto_field = "django.db.models.BigAutoField"
