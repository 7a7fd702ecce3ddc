from django.apps import AppConfig


class PhasesConfig(AppConfig):
    name = "phases"
    default_auto_field = "django.db.models.BigAutoField"
