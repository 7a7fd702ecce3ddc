"""The environment variables that a Tandem site is set up with: one list, read and checked at the start.

A site does not start on a wrong value. It says what is wrong and how to set it right, for all of them at
once, and never repeats a value: it may be a secret.
"""

import datetime as dt
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured


class WrongValue(ValueError):
    """A variable's value cannot be used; the message is a sentence for the person who sets it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variable:
    """One environment variable."""

    name: str
    read: Callable[[str], Any]
    """Makes the setting from the text; raises `WrongValue`."""
    default: str | None = None
    """The text that stands for an unset variable; None if it must be set."""
    how: str = ""
    """What a variable that must be set is to be set to."""


def read_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Every variable's setting by name. A variable that is set to nothing counts as not set.

    Raises `ImproperlyConfigured` with one line for each variable that is missing or wrong.
    """
    settings: dict[str, Any] = {}
    wrong: list[str] = []
    for variable in VARIABLES:
        text = environment.get(variable.name, "").strip() or variable.default
        if text is None:
            wrong.append(f"  {variable.name} is not set. Set it to {variable.how}")
            continue
        try:
            settings[variable.name] = variable.read(text)
        except WrongValue as error:
            wrong.append(f"  {variable.name} {error}")
    if wrong:
        raise ImproperlyConfigured(
            "Tandem cannot start. Correct these environment variables:\n" + "\n".join(wrong)
        )
    return settings


def _secret_key(text: str) -> str:
    shortest = 50
    if len(text) < shortest:
        raise WrongValue(
            f"is shorter than {shortest} letters, so it can be guessed. Use {HOW_TO_MAKE_A_SECRET}"
        )
    return text


def _database(text: str) -> dict[str, Any]:
    scheme = text.partition("://")[0]
    if scheme not in {"postgres", "postgresql"}:
        raise WrongValue(
            "is not a PostgreSQL address. Tandem works on PostgreSQL only: postgres://user@host/name"
        )
    try:
        database: dict[str, Any] = environ.Env.db_url_config(text)
    except ValueError as error:
        raise WrongValue(
            "cannot be read. Write odd letters of the password as %XX, as in postgres://user:p%40ss@host/name"
        ) from error
    if not database["NAME"]:
        raise WrongValue("names no database. Put its name at the end: postgres://user@host:5432/tandem")
    return database


def _hosts(text: str) -> list[str]:
    hosts = [host.strip() for host in text.split(",") if host.strip()]
    if "*" in hosts:
        raise WrongValue("must not be *: a forged host name could then lead people away. Name the hosts")
    if any("/" in host for host in hosts):
        raise WrongValue("holds an address. Write host names only, such as tandem.example.edu")
    return hosts


def _switch(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise WrongValue("must be True or False")
    return text.lower() == "true"


def _time_zone(text: str) -> str:
    if text not in zoneinfo.available_timezones():
        raise WrongValue("is not a time zone's name. Use one such as America/Chicago or Europe/London")
    return text


def _time_of_day(text: str) -> dt.time:
    try:
        return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  # a time of day has no zone
    except ValueError:
        raise WrongValue("is not a time of day. Write it with 24 hours, such as 02:30") from None


def _address(text: str) -> str:
    if text and "://" not in text:
        raise WrongValue("is not an address: it has no ://")
    return text


def _rate(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise WrongValue("must be a whole number, 1 or more")
    return int(text)


HOW_TO_MAKE_A_SECRET = (
    "a long random text, from: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"  # noqa: S105  # no secret
)
VARIABLES = (
    Variable(name="SECRET_KEY", read=_secret_key, how=HOW_TO_MAKE_A_SECRET),
    Variable(
        name="DATABASE_URL",
        read=_database,
        how="the address of the PostgreSQL database, such as postgres://user:password@host:5432/tandem",
    ),
    Variable(
        name="ALLOWED_HOSTS",
        read=_hosts,
        how="the host names that this site answers to, with commas between them",
    ),
    Variable(name="DEBUG", read=_switch, default="False"),
    Variable(name="TIME_ZONE", read=_time_zone, default="UTC"),
    Variable(name="CELERY_BROKER_URL", read=_address, default=""),
    Variable(name="NIGHT_AT", read=_time_of_day, default="02:30"),
    Variable(name="SIS_URL", read=_address, default=""),
    Variable(name="SIS_API_KEY", read=str, default=""),
    Variable(name="SIS_MAX_REQUESTS_PER_SECOND", read=_rate, default="10"),
)
