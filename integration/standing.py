"""What holds for every record of some terms at a moment, read once however often it is asked."""

import datetime as dt
from collections.abc import Collection
from functools import cached_property

from integration.channels import Channels, load_channels
from integration.offers import known_capabilities
from integration.settings import ConfigurationError, MergeSettings, active_version, read
from integration.sis.port import Capabilities
from integration.status_rules import Channel, RecordFacts
from scheduling.domain.fields import Catalogue
from scheduling.selectors import catalogue


class Standing:
    """Settings, capabilities, fields and channels at `now`. It lives for one page, command or answer.

    `capabilities`: what the SIS can do, if not what the configured one declares. `facts`: what is known
    already of sections and their groups, by section, the section's own first (`integration.status`).
    """

    def __init__(self, now: dt.datetime, *, capabilities: Capabilities | None = None) -> None:
        self.now = now
        self.facts: dict[int, list[RecordFacts]] = {}
        self._capabilities = capabilities
        self._channels: dict[str, dict[tuple[str, str], Channel]] = {}

    @cached_property
    def settings(self) -> MergeSettings:
        """The active settings, or the delivered ones."""
        return usable_settings()

    @cached_property
    def able(self) -> Capabilities:
        """What the SIS can do."""
        return self._capabilities or known_capabilities()

    @cached_property
    def fields(self) -> Catalogue:
        """The section fields, the institution's own too."""
        return catalogue()

    def channels(self, terms: Collection[str]) -> Channels:
        """How far both types may go in these terms; two queries for terms that were not asked for before."""
        missing = set(terms).difference(self._channels)
        if missing:
            self._channels |= {code: {} for code in missing}
            for (kind, code), channel in load_channels(missing, self.settings, now=self.now).items():
                self._channels[code][kind, code] = channel
        return {key: one for code in terms for key, one in self._channels[code].items()}


def usable_settings() -> MergeSettings:
    """The active settings; the delivered ones where none can be read (a merge says so; reading goes on)."""
    try:
        return read(active_version())
    except ConfigurationError:
        return MergeSettings()
