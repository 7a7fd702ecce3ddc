"""Structured logs: one JSON object a line on standard error, without secrets.

A secret is kept out three ways: by the name it stands under, by the place where secrets stand in a text (the
password of an address, `token=…`, `Bearer …`), and by its value, for those that this site was given.
"""

import logging.config
import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

import structlog

HIDDEN = "[hidden]"
SHORTEST_SECRET = 4
"""A shorter value would be found everywhere."""
_SECRET_NAME = re.compile(
    r"passw|secret|token|api_?-?key|authori[sz]ation|cookie|credential|session_?key", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):([^/\s]+)@")
_BEARER = re.compile(r"\b(Bearer|Basic|Token)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_ASSIGNED = re.compile(
    r"\b([\w-]*(?:passw|secret|token|api_?-?key)[\w-]*)(['\"]?\s*[=:]\s*)(['\"]?)[^\s&'\",;}]+", re.IGNORECASE
)

_DESCRIBING: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]


class SecretHider:
    """A structlog processor that replaces what must not be in a log.

    `secrets` are values that must never appear, wherever they stand.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted(
            (text for text in secrets if len(text) >= SHORTEST_SECRET), key=len, reverse=True
        )

    def __call__(
        self, _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Clean every value of the event; structlog's own start with an underscore."""
        return {
            name: value if name.startswith("_") else self._clean(name, value) for name, value in event.items()
        }

    def _clean(self, name: str, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if _SECRET_NAME.search(name):
            return HIDDEN
        if isinstance(value, int | float):
            return value
        if isinstance(value, Mapping):
            return {self._clean_text(str(key)): self._clean(str(key), item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean("", item) for item in value]
        return self._clean_text(value if isinstance(value, str) else repr(value))

    def _clean_text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", text)
        text = _BEARER.sub(rf"\1 {HIDDEN}", text)
        return _ASSIGNED.sub(rf"\1\2\3{HIDDEN}", text)


def logging_config(secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Django's LOGGING: our loggers and those of libraries go the same way. `secrets` never appear."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _DESCRIBING,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    SecretHider(secrets),
                    structlog.processors.JSONRenderer(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "tandem": {"level": "INFO"},
            "django": {"handlers": [], "level": "WARNING"},
            "django.server": {"level": "WARNING"},
            "gunicorn.error": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }


def configure(config: dict[str, Any]) -> None:
    """Set up both `logging` and structlog (Django calls this with `LOGGING`)."""
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[*_DESCRIBING, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
