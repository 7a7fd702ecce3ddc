"""Saving from the pages of Merge Settings: only on top of the version that the person looked at."""

import datetime as dt

import msgspec
from django.db import transaction

from integration.models import MergeProfile, MergeProfileVersion
from integration.settings import (
    ConfigurationError,
    TypeSettings,
    activate_profile,
    active_version,
    create_profile,
    read,
    restore_version,
    save_settings,
)
from integration.sis.port import MergeType
from scheduling.models import User


class SettingsChanged(Exception):
    """Somebody saved a version or activated a profile after the page was made. Nothing was saved."""


@transaction.atomic
def save_type(
    merge_type: MergeType,
    rules: TypeSettings,
    *,
    seen: int,
    actor: User,
    reason: str,
    now: dt.datetime,
) -> MergeProfileVersion:
    """Save one type's settings as the next version of the active profile; `seen`: the version shown.

    Raises `SettingsChanged`, and `ConfigurationError` for what the rules refuse.
    """
    version = _still_active(seen)
    document = read(version)
    types = {**document.types, merge_type.value: rules}
    return save_settings(msgspec.structs.replace(document, types=types), actor=actor, reason=reason, now=now)


@transaction.atomic
def restore(version: MergeProfileVersion, *, seen: int, actor: User, now: dt.datetime) -> MergeProfileVersion:
    """Save an old version as its profile's newest; `seen`: the newest on the page. Raises as above."""
    lock_profiles()
    newest = newest_of(version.profile)
    if newest is None or newest.pk != seen:
        raise SettingsChanged
    return restore_version(version, actor=actor, now=now)


@transaction.atomic
def activate(profile: MergeProfile, *, seen: int | None, shown: int, actor: User, now: dt.datetime) -> None:
    """Make `profile` the active one; `seen` (None: no profile was active) and `shown`: the versions compared.

    Raises as above.
    """
    lock_profiles()
    newest = newest_of(profile)
    if _active_pk() != seen or newest is None or newest.pk != shown:
        raise SettingsChanged
    activate_profile(profile, actor=actor, now=now)


def copy_profile(
    version: MergeProfileVersion, *, name: str, actor: User, now: dt.datetime
) -> MergeProfileVersion:
    """A new profile, not active, that begins as `version`. Raises `ConfigurationError`."""
    return create_profile(name, read(version), actor=actor, now=now)


def newest_of(profile: MergeProfile) -> MergeProfileVersion | None:
    """A profile's newest version with its profile and author, if it has one."""
    return profile.versions.select_related("profile", "created_by").order_by("-number").first()


def _still_active(seen: int) -> MergeProfileVersion:
    """The active version, which no one else changes until the transaction ends. Raises `SettingsChanged`."""
    lock_profiles()
    version = active_version()
    if version.pk != seen:
        raise SettingsChanged
    return version


def _active_pk() -> int | None:
    try:
        return active_version().pk
    except ConfigurationError:
        return None


def lock_profiles() -> None:
    """Let nobody else save settings or activate a profile until the transaction ends."""
    list(MergeProfile.objects.select_for_update().order_by("pk"))
