"""The versions of a profile, how they differ, and what can be compared, in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from adminconsole.settings_differences import Difference, document_differences
from adminconsole.settings_overview import VersionFacts, facts_of
from integration.models import MergeProfile, MergeProfileVersion
from integration.settings import ConfigurationError, MergeSettings, read
from scheduling.domain.fields import Catalogue
from scheduling.paging import Ordering, Page, page_of

NEWEST_FIRST = Ordering(keys=(("number", 0),), is_descending=True)
MOST_COMPARED = 200
"""So many of the newest versions are offered for a comparison."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionLine:
    """A version in the list. `changes`: how many settings it changed, in words."""

    facts: VersionFacts
    changes: str


def version_page(profile: MergeProfile, cursor: str) -> Page[MergeProfileVersion]:
    """A page of a profile's versions, newest first. Raises `BadCursor`."""
    rows = profile.versions.select_related("profile", "created_by")
    return page_of(rows, NEWEST_FIRST, cursor)


def version_lines(rows: Sequence[MergeProfileVersion], catalogue: Catalogue) -> list[VersionLine]:
    """The lines of a page, in one query: for the version before its last one."""
    if not rows:
        return []
    before = previous_of(rows[-1])
    return [
        VersionLine(facts=facts_of(one), changes=_count(earlier, one, catalogue))
        for one, earlier in zip(rows, [*rows[1:], before], strict=True)
    ]


def previous_of(version: MergeProfileVersion) -> MergeProfileVersion | None:
    """The version before, of the same profile."""
    earlier = MergeProfileVersion.objects.filter(profile=version.profile_id, number__lt=version.number)
    return earlier.select_related("profile", "created_by").order_by("-number").first()


def _count(earlier: MergeProfileVersion | None, version: MergeProfileVersion, catalogue: Catalogue) -> str:
    if earlier is None:
        return "First version"
    try:
        count = len(differences_of(earlier, version, catalogue))
    except ConfigurationError:
        return "Cannot be read"
    return f"{count} setting{'' if count == 1 else 's'}"


def differences_of(
    before: MergeProfileVersion | None, after: MergeProfileVersion, catalogue: Catalogue
) -> list[Difference]:
    """How two versions differ; None: from what Tandem is delivered with. Raises `ConfigurationError`."""
    old = read(before) if before is not None else MergeSettings()
    return document_differences(old, read(after), catalogue)


def comparable(version: MergeProfileVersion) -> list[VersionFacts]:
    """The versions that this one can be compared with, its profile's own first; in one query."""
    others = MergeProfileVersion.objects.exclude(pk=version.pk).select_related("profile", "created_by")
    newest = others.defer("document").order_by("-created_at", "-id")[:MOST_COMPARED]
    return [facts_of(one) for one in sorted(newest, key=lambda one: one.profile_id != version.profile_id)]
