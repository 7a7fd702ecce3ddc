"""What is known beforehand of what each profile refuses (docs/reference/ethos.md has where from)."""

from integration.sis.ethos.address import Address
from integration.sis.ethos.sections import REQUIRED
from integration.sis.ethos.teams import ROUNDING
from integration.sis.section_rules import SectionRules

BANNERS_TITLE = 30
"""Characters."""


def rules_of(address: Address) -> SectionRules:
    """The rules of the SIS behind a site. Colleague's are those of Ethos itself."""
    needed = frozenset(REQUIRED.values())
    is_banner = address.is_banner
    return SectionRules(
        longest={"title": BANNERS_TITLE} if is_banner else {},
        needed=needed | {"campus", "part_of_term"} if is_banner else needed,
        filled_in=frozenset({"start_date"}),
        fixed_once_enrolled=frozenset({"part_of_term", "schedule_type"} if is_banner else ()),
        starts_in_term=True,
        percent_slack=int(ROUNDING),
        dates_meetings=True,
        needs_primary=True,
    )
