"""What the SIS last said that it offers to our key: a row, to which the capabilities are cut.

Whoever works with the SIS asks it when the row is old; pages and their like go by the row and call nobody.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import structlog

from integration.models import SiteOffer
from integration.sis.offers import Offering
from integration.sis.port import BadSisUrl, Capabilities, SisAdapter, SisError
from integration.sis.registry import configured_adapter

NO_SIS = Capabilities(name="none")
"""The port's defaults, where none is configured."""
log = structlog.get_logger("tandem.offers")
KEPT = dt.timedelta(hours=1)
"""A row that is older is asked for anew before work begins."""


def ready_adapter(*, now: dt.datetime) -> SisAdapter:
    """The configured adapter for work with the SIS, its capabilities as of now. Raises `BadSisUrl`."""
    adapter = configured_adapter()
    refresh(adapter, now=now)
    return adapter


def known_adapter() -> SisAdapter:
    """The configured adapter with the capabilities that are known. Calls nobody. Raises `BadSisUrl`."""
    adapter = configured_adapter()
    recall(adapter)
    return adapter


def known_capabilities(offers: Mapping[str, Any] | None = None) -> Capabilities:
    """What the configured SIS can do, cut to its offer; the port's defaults where none is configured.

    `offers`: site -> what it last said, where that was read already. Else one query at most, and none for a
    SIS that says nothing of its offer.
    """
    try:
        adapter = configured_adapter()
    except BadSisUrl:
        return NO_SIS
    try:
        if offers is None:
            recall(adapter)
        elif isinstance(adapter, Offering) and adapter.site in offers:
            adapter.take_offer(offers[adapter.site])
        return adapter.capabilities
    finally:
        adapter.close()


def recall(adapter: SisAdapter) -> SiteOffer | None:
    """Cut the capabilities to what the SIS last said; None where it never did."""
    if not isinstance(adapter, Offering):
        return None
    known = SiteOffer.objects.filter(pk=adapter.site).first()
    if known is not None:
        adapter.take_offer(known.offer)
    return known


def refresh(adapter: SisAdapter, *, now: dt.datetime) -> None:
    """The same, but ask the SIS if what it said is old. Where it does not answer, the work will say so."""
    known = recall(adapter)
    if known is not None and now - known.read_at < KEPT:
        return
    try:
        ask(adapter, now=now)
    except SisError as error:
        log.warning("what the SIS offers cannot be asked", reason=error.message)


def ask(adapter: SisAdapter, *, now: dt.datetime) -> None:
    """Ask the SIS, keep what it says, cut the capabilities to it. Raises what `Offering.ask_offer` does."""
    if not isinstance(adapter, Offering):
        return
    offer = adapter.ask_offer()
    SiteOffer.objects.update_or_create(site=adapter.site, defaults={"offer": offer, "read_at": now})
    adapter.take_offer(offer)
