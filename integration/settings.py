"""Merge settings: the active profile's newest version as frozen values, and the switches of a term.

Settings are read again whenever a plan is made or an outbound row is claimed; nothing is cached.
"""

import datetime as dt
from collections.abc import Mapping

import msgspec
from django.db import transaction

from integration.merge.policy import Removal, Source
from integration.models import MergeProfileVersion, TermSwitch
from integration.sis.port import MergeType
from scheduling.models import Term, User


class TypeSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How one type is merged. What is left out follows the catalogue's defaults.

    `sources`: field -> source of truth. `sent_fields`: the fields that may be sent (None: all that the
    catalogue allows). `overrides`: SIS id -> field -> source, for single records.
    """

    is_enabled: bool = True
    default_source: Source | None = None
    sources: Mapping[str, Source] = {}
    sent_fields: tuple[str, ...] | None = None
    removal: Removal = Removal.DELETE
    overrides: Mapping[str, Mapping[str, Source]] = {}


class MergeSettings(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One version of a profile. `subject_departments` maps a subject to a department of another code."""

    types: Mapping[str, TypeSettings] = {}
    subject_departments: Mapping[str, str] = {}

    def of(self, merge_type: MergeType) -> TypeSettings:
        """The settings of one type."""
        return self.types.get(merge_type.value, TypeSettings())


class ConfigurationError(Exception):
    """The settings (or the environment) do not allow what was asked. The text says what to do."""


def active_version() -> MergeProfileVersion:
    """The newest version of the active profile. Raises `ConfigurationError` where there is none."""
    version = (
        MergeProfileVersion.objects.filter(profile__is_active=True)
        .select_related("profile")
        .order_by("-number")
        .first()
    )
    if version is None:
        raise ConfigurationError("No merge profile is active; activate one in Merge Settings.")
    return version


def read(version: MergeProfileVersion) -> MergeSettings:
    """The version's document as values. Raises `ConfigurationError` if it does not fit."""
    try:
        return msgspec.convert(version.document, MergeSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"Merge settings {version} cannot be read: {error}.") from error


@transaction.atomic
def save_settings(
    document: MergeSettings, *, actor: User | None, reason: str, now: dt.datetime
) -> MergeProfileVersion:
    """Save `document` as the next version of the active profile."""
    current = active_version()
    return MergeProfileVersion.objects.create(
        profile=current.profile,
        number=current.number + 1,
        document=msgspec.to_builtins(document),
        created_at=now,
        created_by=actor,
        reason=reason,
    )


def switch_of(merge_type: MergeType, term: Term, *, today: dt.date) -> TermSwitch | None:
    """The switch of a type in a term, or None where it is off or over (`today`: institution's date)."""
    switch = TermSwitch.objects.filter(merge_type=merge_type.value, term=term).first()
    if switch is None or not term.is_active or (switch.until or term.end_date) < today:
        return None
    return switch
