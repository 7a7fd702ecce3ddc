"""Merge settings: the active profile's newest version as frozen values, and the switches of a term.

Settings are read again whenever a plan is made or an outbound row is claimed; nothing is cached. Versions are
never changed: every save adds one and is audited, setting by setting.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from integration import outbound
from integration.merge.policy import Removal, Source
from integration.models import MergeProfile, MergeProfileVersion, TermSwitch
from integration.settings_rules import problems
from integration.sis.port import MergeType
from scheduling.models import ChangeLog, Term, User
from scheduling.selectors import catalogue
from scheduling.services.audit import Author, Change, write_changes


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


# ---- reading


def active_versions() -> QuerySet[MergeProfileVersion]:
    """The versions of the active profile, the newest first."""
    versions = MergeProfileVersion.objects.filter(profile__is_active=True)
    return versions.select_related("profile").order_by("-number")


def active_version() -> MergeProfileVersion:
    """The newest version of the active profile. Raises `ConfigurationError` where there is none."""
    version = active_versions().first()
    if version is None:
        raise ConfigurationError("No merge profile is active; activate one in Merge Settings.")
    return version


def read(version: MergeProfileVersion) -> MergeSettings:
    """The version's document as values. Raises `ConfigurationError` if it does not fit."""
    try:
        return msgspec.convert(version.document, MergeSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"Merge settings {version} cannot be read: {error}.") from error


def usable(version: MergeProfileVersion | None) -> MergeSettings:
    """The version's settings; the delivered ones where there are none that can be read.

    For what only shows them: a merge raises and says what is wrong.
    """
    try:
        return read(version) if version is not None else MergeSettings()
    except ConfigurationError:
        return MergeSettings()


def checked(document: Mapping[str, Any]) -> MergeSettings:
    """JSON-ready settings as values; raises `ConfigurationError` with a sentence for each thing wrong."""
    try:
        found = list(problems(document, catalogue()))
    except (AttributeError, TypeError):  # not the shape of settings at all: said below
        found = []
    if found:
        raise ConfigurationError(" ".join(found))
    try:
        return msgspec.convert(document, MergeSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"These are no merge settings: {error}.") from error


# ---- saving


@transaction.atomic
def save_settings(
    document: MergeSettings,
    *,
    actor: User | None,
    reason: str,
    now: dt.datetime,
    source: str = ChangeLog.Source.FORM,
) -> MergeProfileVersion:
    """Save `document` as the next version of the active profile; the same content again saves nothing.

    Raises `ConfigurationError` with what is wrong with it. What the SIS rejected is tried again (MERGE.md,
    Retries): the settings may be what it lacked.
    """
    author = Author(now=now, source=source, user=actor, name="operator", reason=reason)
    return _add_version(active_version().profile, document, author)


@transaction.atomic
def restore_version(
    version: MergeProfileVersion, *, actor: User | None, now: dt.datetime, source: str = ChangeLog.Source.FORM
) -> MergeProfileVersion:
    """Save an old version's content as its profile's newest."""
    reason = f"Version {version.number} restored"
    author = Author(now=now, source=source, user=actor, name="operator", reason=reason)
    return _add_version(version.profile, read(version), author)


@transaction.atomic
def create_profile(
    name: str, document: MergeSettings, *, actor: User | None, now: dt.datetime
) -> MergeProfileVersion:
    """A new profile with `document` as its first version; it is not active yet."""
    if not name.strip() or MergeProfile.objects.filter(name=name.strip()).exists():
        raise ConfigurationError(f"A profile needs a name of its own; {name!r} is blank or taken.")
    author = Author(now=now, source=ChangeLog.Source.FORM, user=actor, name="operator")
    return _add_version(MergeProfile.objects.create(name=name.strip()), document, author)


@transaction.atomic
def activate_profile(profile: MergeProfile, *, actor: User | None, now: dt.datetime) -> None:
    """Make `profile` the one that merges follow."""
    if not profile.versions.exists():
        raise ConfigurationError(f"Profile {profile} has no version yet; save its settings first.")
    before = MergeProfile.objects.select_for_update().filter(is_active=True).first()
    if before == profile:
        return
    MergeProfile.objects.filter(is_active=True).update(is_active=False)
    MergeProfile.objects.filter(pk=profile.pk).update(is_active=True)
    author = Author(now=now, source=ChangeLog.Source.FORM, user=actor, name="operator")
    change = Change(
        action=ChangeLog.Action.UPDATE,
        record_type="merge_profile",
        record_id=str(profile.pk),
        field="is_active",
        before=before and before.name,
        after=profile.name,
    )
    write_changes([change], author=author)
    outbound.replay(term=None, now=now)


def _add_version(profile: MergeProfile, document: MergeSettings, author: Author) -> MergeProfileVersion:
    content = msgspec.json.decode(msgspec.json.encode(document))  # as the database gives it back: no tuples
    checked(content)
    MergeProfile.objects.select_for_update().get(pk=profile.pk)  # one save of a profile at a time
    last = profile.versions.order_by("-number").first()
    if last is not None and last.document == content:
        return last
    version = MergeProfileVersion.objects.create(
        profile=profile,
        number=last.number + 1 if last else 1,
        document=content,
        created_at=author.now,
        created_by=author.user,
        reason=author.reason,
    )
    write_changes(_changes(version, last), author=author)
    outbound.replay(term=None, now=author.now)
    return version


def _changes(version: MergeProfileVersion, last: MergeProfileVersion | None) -> list[Change]:
    first = Change(
        action=ChangeLog.Action.CREATE,
        record_type="merge_profile",
        record_id=str(version.profile_id),
        version=version.number,
        after=version.document,
    )
    if last is None:
        return [first]
    changed = differences(last.document, version.document)
    return [
        replace(first, action=ChangeLog.Action.UPDATE, field=name, before=before, after=after)
        for name, (before, after) in changed.items()
    ]


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Setting -> (old, new) where two documents differ; a setting left out is None.

    Named by type and by field where there is one: ``sections.sources.title``.
    """
    before, after = _flat(old), _flat(new)
    return {
        name: (before.get(name), after.get(name))
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {
        f"subject_departments.{subject}": code
        for subject, code in document.get("subject_departments", {}).items()
    }
    for name, rules in document.get("types", {}).items():
        for setting, value in rules.items():
            if setting == "sources":
                flat |= {f"{name}.sources.{field}": source for field, source in value.items()}
            else:
                flat[f"{name}.{setting}"] = value
    return flat


# ---- switches of a term


def is_over(switch: TermSwitch, term: Term, *, today: dt.date) -> bool:
    """Whether a switch has ended by itself: its date, or its term, is past (`today`: institution's date)."""
    return (switch.until or term.end_date) < today


def switch_of(merge_type: MergeType, term: Term, *, today: dt.date) -> TermSwitch | None:
    """The switch of a type in a term, or None where it is off or over (`today`: institution's date)."""
    switch = TermSwitch.objects.filter(merge_type=merge_type.value, term=term).first()
    if switch is None or not term.is_active or is_over(switch, term, today=today):
        return None
    return switch
