"""In which fields sections differ from what was agreed: kept with the link at each save, else compared here.

What is kept holds for one version of a section (`Link.edits_version`); of any other the values are compared.
So a term in which thousands of sections wait for the night costs no more to look through than any other.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When

from integration.linkstate import agreement, edited_fields
from integration.models import Link
from scheduling.models import Section
from scheduling.selectors import SECTION_COLUMNS, meetings_column, section_values, team_column

MAY_DIFFER = Q(~Q(link__agreed_version=F("version")), link__baseline__isnull=False)
"""Records whose version is not the one that was agreed on."""
IS_KEPT = Q(link__edits_version=F("version"))
TO_COMPARE = MAY_DIFFER & ~IS_KEPT
EDITS_ROW = (*SECTION_COLUMNS, "meetings_told", "team_told", "agreed", "edits_kept")


def with_edits(sections: QuerySet[Section]) -> QuerySet[Any]:
    """The sections with `EDITS_ROW`; values are only read where they have to be compared."""
    compared = {"agreed": F("link__baseline"), "meetings_told": meetings_column(), "team_told": team_column()}
    return sections.annotate(
        edits_kept=Case(When(MAY_DIFFER & IS_KEPT, then=F("link__edits"))),
        **{name: Case(When(TO_COMPARE, then=column)) for name, column in compared.items()},
    )


def edits_of(row: Mapping[str, Any]) -> Collection[str]:
    """The fields in which the section of a row with `EDITS_ROW` differs from what was agreed."""
    if row["edits_kept"] is not None:
        return row["edits_kept"]  # type: ignore[no-any-return]  # a list of names
    if row["agreed"] is None:
        return ()
    columns = [row[name] for name in SECTION_COLUMNS]
    return edited_fields(
        agreement(row["agreed"], {}), section_values(columns, row["meetings_told"], row["team_told"])
    )


def keep_edits(section_ids: Collection[int]) -> None:
    """Keep in what these sections, just saved and their links locked, differ from what was agreed."""
    rows = with_edits(Section.objects.filter(TO_COMPARE, pk__in=section_ids).order_by())
    Link.objects.bulk_update(
        [
            Link(pk=row["link__pk"], edits=edits_of(row), edits_version=row["version"])
            for row in rows.values(*EDITS_ROW, "link__pk")
        ],
        ["edits", "edits_version"],
    )
