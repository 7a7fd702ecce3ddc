"""Exemptions as the console lists them."""

import datetime as dt
from dataclasses import dataclass

from phases.models import Exemption
from phases.selectors import institution_zone
from phases.wording import moment_words
from scheduling.domain.fields import Catalogue

MOST_PAST = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ExemptionLine:
    """An exemption. `where`: the section or the department."""

    pk: int
    who: str
    where: str
    section_id: int | None
    term: str
    fields: str
    since: str
    until: str
    reason: str
    granted_by: str


def exemption_lines(
    *, now: dt.datetime, fields: Catalogue
) -> tuple[list[ExemptionLine], list[ExemptionLine]]:
    """Those that hold, what ends first before; and the last `MOST_PAST` of those that are over."""
    rows = Exemption.objects.select_related("user", "term", "section__course", "department", "granted_by")
    active = rows.filter(until__gt=now).order_by("until", "pk")
    past = rows.filter(until__lte=now).order_by("-until", "-pk")[:MOST_PAST]
    return [_line(one, fields) for one in active], [_line(one, fields) for one in past]


def _line(one: Exemption, fields: Catalogue) -> ExemptionLine:
    zone = institution_zone()
    return ExemptionLine(
        pk=one.pk,
        who=one.user.get_username(),
        where=str(one.section) if one.section is not None else f"Department {one.department_id}",
        section_id=one.section_id,
        term=str(one.term),
        fields=", ".join(fields[name].label if name in fields else name for name in one.fields),
        since=moment_words(one.since, zone),
        until=moment_words(one.until, zone),
        reason=one.reason,
        granted_by=one.granted_by.get_username() if one.granted_by else "",
    )
