"""What an adapter has besides the port if its SIS says what it offers to our key."""

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

Offer = Mapping[str, Any]
"""What the SIS offers, JSON-ready, in the adapter's own words."""


@runtime_checkable
class Offering(Protocol):
    """What such an adapter also has. Without an offer its capabilities are those of any such SIS."""

    @property
    def site(self) -> str:
        """A name for the SIS that says it, the same for the same SIS everywhere."""
        ...

    def ask_offer(self) -> Offer:
        """What the SIS offers now. Raises `SisUnavailable`, `SisDenied` and `SisUnreadable`."""
        ...

    def take_offer(self, offer: Offer) -> None:
        """From now on `capabilities` hold only what is offered."""
        ...
