"""The fields that the merge settings lock here: those whose source of truth is *Always SIS* (DOMAIN.md)."""

from collections.abc import Mapping

from integration.fieldsets import relationship_policies, source_of
from integration.merge.policy import Source
from integration.settings import ConfigurationError, MergeSettings, active_version, read
from integration.sis.port import MergeType
from scheduling.domain.fields import Catalogue


def read_source_locks(fields: Catalogue) -> "SettingsLocks":
    """The locks as the active settings stand now, in one query."""
    try:
        return SettingsLocks(read(active_version()), fields)
    except ConfigurationError:  # merges say it; editing goes on, as with the delivered defaults
        return SettingsLocks(MergeSettings(), fields)


class SettingsLocks:
    """One reading of the settings (`scheduling.services.field_locks.SourceLocks`)."""

    def __init__(self, settings: MergeSettings, fields: Catalogue) -> None:
        self._sections = settings.of(MergeType.SECTIONS)
        self._relationships = settings.of(MergeType.RELATIONSHIPS)
        self._fields = fields
        self._usual = self._locked("")

    def of_section(self, term_code: str, sis_id: str | None) -> Mapping[str, str]:
        """Field -> sentence, record overrides included."""
        has_own = sis_id is not None and sis_id in self._sections.overrides
        return self._locked(str(sis_id)) if has_own else self._usual

    def _locked(self, sis_id: str) -> dict[str, str]:
        return {
            field.name: _sentence(field.label, is_plural=field.is_plural)
            for field in self._fields
            if source_of(field, self._sections, sis_id=sis_id) is Source.ALWAYS_SIS
        }

    def of_relationship(self, term_code: str) -> Mapping[str, str]:
        """``members`` and ``capacity`` -> sentence. The kind, which never changes, is not asked for."""
        return {
            policy.name: _sentence(policy.name.capitalize(), is_plural=policy.name == "members")
            for policy in relationship_policies(self._relationships)
            if policy.source is Source.ALWAYS_SIS and policy.name != "kind"
        }


def _sentence(label: str, *, is_plural: bool) -> str:
    are, they = ("are", "they are") if is_plural else ("is", "it is")
    return f"{label} {are} kept by the SIS (Always SIS in Merge Settings); {they} changed there."
