"""Settings of the test suite. `DATABASE_URL` is set by `make test` (the embedded one where there is none)."""

import os
from pathlib import Path

from config.embedded_postgres import ensure_database_url

os.environ.setdefault("SECRET_KEY", "only-for-tests-only-for-tests-only-for-tests-only-for-tests")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,127.0.0.1,localhost")
os.environ["DATABASE_URL"] = ensure_database_url(
    Path(__file__).resolve().parent.parent.parent / ".testdb" / "postgres", is_durable=False
)

from config.settings.base import *  # noqa: F403  # the environment has to stand before it is read

SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, for made-up users only
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
