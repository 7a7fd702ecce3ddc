"""Settings for every environment, from environment variables; safe unless said otherwise."""

import datetime as dt
import os
from pathlib import Path
from typing import Any

from config.broker import transport, transport_options
from config.environment import read_environment
from config.logging import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent
_environment = read_environment(os.environ)

SECRET_KEY: str = _environment["SECRET_KEY"]
ALLOWED_HOSTS: list[str] = _environment["ALLOWED_HOSTS"]
DEBUG: bool = _environment["DEBUG"]
DATABASES: dict[str, dict[str, Any]] = {"default": {**_environment["DATABASE_URL"], "CONN_MAX_AGE": 60}}
# Compiling a page's query takes longer than running it.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")

INSTALLED_APPS = [
    "config.apps.TandemAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_filters",
    "django_htmx",
    "django_celery_beat",
    "phases.apps.PhasesConfig",
    "scheduling.apps.SchedulingConfig",
    "integration.apps.IntegrationConfig",
    "adminconsole.apps.AdminConsoleConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.security.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.environment",
                "config.context.frame",
                "config.context.console",
            ]
        },
    }
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "scheduling.User"
AUTHENTICATION_BACKENDS = ["scheduling.backends.Backend"]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

LANGUAGE_CODE = "en-us"
USE_TZ = True
TIME_ZONE: str = _environment["TIME_ZONE"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "scheduling.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["scheduling.api.permissions.HasSchedulingProduct"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["scheduling.api.parsing.PlainJsonParser"],
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "scheduling.api.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Tandem",
    "DESCRIPTION": "The schedule of classes, in step with the SIS.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "scheduling.api.schema.add_components",
        "scheduling.api.record_schemas.add_components",
        "integration.api.schema.add_components",
    ],
}

NIGHT_AT: dt.time = _environment["NIGHT_AT"]
TASK_APPLICATION = "config.celery.app"
CELERY_BROKER_URL: str = _environment["CELERY_BROKER_URL"]
CELERY_BROKER_TRANSPORT = transport(CELERY_BROKER_URL)
CELERY_BROKER_TRANSPORT_OPTIONS = transport_options(CELERY_BROKER_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = 2  # seconds; a save waits no longer to give its hint
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # there are no results to clean up
CELERY_TASK_TIME_LIMIT = 6 * 60 * 60  # seconds; the longest merge is a matter of minutes
CELERY_WORKER_PREFETCH_MULTIPLIER = 1  # what a busy worker holds back, another could do
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "look after requests and deliveries": {
        "task": "integration.tasks.look_after",
        "schedule": 20.0,
        "options": {"expire_seconds": 20},
    },
    "ask whether the night is due": {
        "task": "integration.tasks.run_night",
        "schedule": 300.0,
        "options": {"expire_seconds": 300},
    },
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False  # the workers' logs are ours too

SIS_URL: str = _environment["SIS_URL"]
SIMULATIONS: tuple[str, ...] = ("memory:",)
"""How `SIS_URL` begins where no real SIS is behind it."""
SIS_API_KEY: str = _environment["SIS_API_KEY"]
SIS_MAX_REQUESTS_PER_SECOND: int = _environment["SIS_MAX_REQUESTS_PER_SECOND"]

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = not DEBUG
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
SILENCED_SYSTEM_CHECKS = [
    "security.W021"
]  # a browser's preload list is for the owner of the domain to decide
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"

LOGGING_CONFIG = "config.logging.configure"
LOGGING = logging_config(
    secrets=[SECRET_KEY, SIS_API_KEY, DATABASES["default"].get("PASSWORD", "")],
)
