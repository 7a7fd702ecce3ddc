"""Settings of a demo or a developer's machine: plain HTTP, a database and a secret made on the spot."""

import os

from config.embedded_postgres import ensure_database_url
from config.state import BROKER_URL, DATABASE, SECRET_FILE, SIS, SIS_PORT_FILE, STATE, own_sis, secret_in

STATE.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("SECRET_KEY", secret_in(SECRET_FILE))
os.environ.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost")
_sis = own_sis() if SIS_PORT_FILE.exists() else {"SIS_URL": f"memory://{SIS}"}
if "SIS_URL" not in os.environ:
    os.environ.update(_sis)
os.environ.setdefault("CELERY_BROKER_URL", BROKER_URL)
os.environ["DATABASE_URL"] = ensure_database_url(DATABASE)

from config.settings.base import *  # noqa: E402, F403  # the environment has to stand before it is read

SIMULATIONS = (*SIMULATIONS, _sis["SIS_URL"])  # noqa: F405  # of base
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = STATE / "static"  # empty: the files are served from where they lie
STATIC_ROOT.mkdir(exist_ok=True)
for _name in ("tandem", "gunicorn.error"):
    LOGGING["loggers"][_name]["level"] = "WARNING"  # noqa: F405  # a person reads the terminal
