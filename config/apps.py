"""Django's own admin, for superusers under /support/."""

from django.contrib.admin.apps import AdminConfig


class TandemAdminConfig(AdminConfig):
    """The plain admin; the registrar's console is `adminconsole`."""
