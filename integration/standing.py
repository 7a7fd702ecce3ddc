"""What holds for every record of some terms at a moment, read once however often it is asked."""

import datetime as dt
from functools import cached_property

from integration.channels import Channels, Rules, load_rules
from integration.offers import known_capabilities
from integration.settings import MergeSettings
from integration.sis.port import Capabilities
from scheduling.domain.fields import Catalogue


class Standing:
    """Settings, capabilities, fields and channels at `now`. It lives for one page, command or answer.

    `capabilities`: what the SIS can do, if not what the configured one declares.
    """

    def __init__(self, now: dt.datetime, *, capabilities: Capabilities | None = None) -> None:
        self.now = now
        self._capabilities = capabilities

    @property
    def settings(self) -> MergeSettings:
        """The active settings, or the delivered ones."""
        return self._rules.settings

    @property
    def channels(self) -> Channels:
        """How far both types may go in each term."""
        return self._rules.channels

    @cached_property
    def _rules(self) -> Rules:
        return load_rules(now=self.now)

    @cached_property
    def able(self) -> Capabilities:
        """What the SIS can do."""
        return self._capabilities or known_capabilities(self._rules.offers)

    @property
    def fields(self) -> Catalogue:
        """The section fields, the institution's own too."""
        return self._rules.fields
