"""Settings of a demo or a developer's machine: plain HTTP, a database and a secret made on the spot."""

import os
import secrets
from pathlib import Path

from config.embedded_postgres import ensure_database_url

_STATE = Path(os.environ.get("TANDEM_STATE") or Path(__file__).resolve().parent.parent.parent / ".demo")


def _kept_secret() -> str:
    """A random secret, made once and kept beside the demo's data."""
    path = _STATE / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost")
if not os.environ.get("SECRET_KEY"):
    os.environ["SECRET_KEY"] = _kept_secret()
os.environ["DATABASE_URL"] = ensure_database_url(_STATE / "postgres")

from config.settings.base import *  # noqa: E402, F403  # the environment has to stand before it is read

SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
LOGGING["loggers"]["tandem"]["level"] = "WARNING"  # noqa: F405  # a person reads the terminal
