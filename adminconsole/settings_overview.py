"""What the overview of Merge Settings and the list of versions show, read in a constant number of queries."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adminconsole.settings_choices import (
    Choices,
    choices_of,
    fields_of,
    has_send_choice,
    ids_of_overrides,
    is_locked,
)
from adminconsole.settings_words import (
    ALWAYS_REMOVED,
    AS_DELIVERED,
    REMOVAL_OUTCOMES,
    SOURCE_NAMES,
    type_label,
)
from integration.merge.policy import Source
from integration.models import MergeProfile, MergeProfileVersion, OutboundChange
from integration.settings import MergeSettings
from integration.sis.port import REFERENCE_TYPES, TERM_TYPES, MergeType
from scheduling.domain.fields import Catalogue
from scheduling.models import Section
from scheduling.pills import Pill

ON = Pill(tone="green", icon="check", word="On")
OFF = Pill(tone="grey", icon="circle", word="Off")
MOST_NAMES = 200
"""So many record overrides are shown with the section's name; their ids are always shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionFacts:
    """A version of a profile, for its line and its page. `who` is blank where no person saved it."""

    pk: int
    profile: str
    number: int
    at: dt.datetime
    who: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeSummary:
    """One merge type in one line. `sent`: how many fields of how many may be sent; blank where none can."""

    merge_type: str
    label: str
    state: Pill
    source: str
    exceptions: int
    overrides: int
    sent: str
    removal: str


def facts_of(version: MergeProfileVersion) -> VersionFacts:
    """The facts of a version that was read with its profile and its author."""
    return VersionFacts(
        pk=version.pk,
        profile=version.profile.name,
        number=version.number,
        at=version.created_at,
        who=version.created_by.get_username() if version.created_by else "",
        reason=version.reason,
    )


def newest_active() -> MergeProfileVersion | None:
    """The newest version of the active profile with its profile and author, in one query."""
    versions = MergeProfileVersion.objects.filter(profile__is_active=True)
    return versions.select_related("profile", "created_by").order_by("-number").first()


def profiles() -> Sequence[MergeProfile]:
    """The profiles by name, the active one first."""
    return list(MergeProfile.objects.order_by("-is_active", "name"))


def type_summaries(settings: MergeSettings, catalogue: Catalogue) -> list[TypeSummary]:
    """A line for each merge type: those of a term first, as a registrar thinks of them."""
    return [_summary(one, settings, catalogue) for one in (*TERM_TYPES, *REFERENCE_TYPES)]


def has_form(merge_type: MergeType) -> bool:
    """Whether more than on and off can be chosen for a type."""
    return bool(fields_of(merge_type, Catalogue()).fields)


def _summary(merge_type: MergeType, settings: MergeSettings, catalogue: Catalogue) -> TypeSummary:
    rules = settings.of(merge_type)
    fields = fields_of(merge_type, catalogue)
    choices = choices_of(merge_type, rules, fields)
    source = SOURCE_NAMES[rules.default_source] if rules.default_source else AS_DELIVERED
    return TypeSummary(
        merge_type=merge_type.value,
        label=type_label(merge_type),
        state=ON if rules.is_enabled else OFF,
        source=source if fields.fields else SOURCE_NAMES[Source.ALWAYS_SIS],
        exceptions=sum(bool(choices[f"source:{one.name}"]) for one in fields if not is_locked(one)),
        overrides=sum(key.startswith("override:") for key in choices),
        sent=_sent(merge_type, choices, fields),
        removal=REMOVAL_OUTCOMES[rules.removal]
        if merge_type is MergeType.SECTIONS
        else ALWAYS_REMOVED[merge_type].partition(":")[0].partition(",")[0],
    )


def _sent(merge_type: MergeType, choices: Choices, fields: Catalogue) -> str:
    names = [one.name for one in fields if has_send_choice(merge_type, one)]
    if names:
        return f"{sum(bool(choices[f'sent:{name}']) for name in names)} of {len(names)}"
    count = sum(one.can_be_sent for one in fields)
    return f"{count} of {count}" if count else ""


def count_parked() -> int:
    """How many rejected changes wait for a person; saving settings tries them again."""
    return OutboundChange.objects.filter(state=OutboundChange.State.PARKED).count()


def section_names(choices: Choices) -> Mapping[str, str]:
    """SIS id -> what the section is called, for the record overrides among `choices`; one query."""
    ids = ids_of_overrides(choices)[:MOST_NAMES]
    rows = Section.objects.filter(sis_id__in=ids).order_by("term_id", "id")
    columns = rows.values_list("sis_id", "course__subject", "course__number", "section_number", "term__name")
    return {
        str(sis_id): f"{subject} {number} {section}, {term}"
        for sis_id, subject, number, section, term in columns
    }
