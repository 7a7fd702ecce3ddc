"""How far the SIS has a section, and why a value is what it is: integration's answers, made for the page."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scheduling import integration_side
from scheduling.domain.fields import Catalogue, Field
from scheduling.models import Section
from scheduling.pills import Pill, integration_pill
from scheduling.section_groups import concealed_labels
from scheduling.visibility import Viewer, can_see_integration_of, visible_departments

UNNAMED = "a section of another department"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One reason. `label`: the field it is about, blank for none; `name`: it, where it can be explained."""

    message: str
    label: str = ""
    name: str = ""
    who: str = ""
    conflict: int | None = None

    @property
    def anchor(self) -> str:
        """The id of the place where the answer to *why?* is shown."""
        return why_anchor(self.name)


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusShown:
    """The whole answer. `headline` goes on where the pill's word ends; `at`: when both sides last agreed."""

    pill: Pill
    headline: str
    at: dt.datetime | None
    reasons: Sequence[Reason]

    @property
    def is_dated(self) -> bool:
        """Whether the headline says when already."""
        return self.pill.tone == "green"

    @property
    def is_calm(self) -> bool:
        """Whether nobody needs to do anything: it is synced, or on its way there."""
        return self.pill.tone in {"green", "blue"}


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyShown:
    """Why a field holds its value: the values of both sides, and the rule in words."""

    field: Field
    values: Mapping[str, Any]
    sentence: str
    run: int | None


def why_anchor(name: str) -> str:
    """The id of the place on the page where it is told why the field `name` holds its value."""
    return f"why-{name.replace('.', '-')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusLine:
    """What a reader is told of a section in the SIS. `is_told`: whether anything is; their role says.

    `is_followed`: merges of its term are on, so that there is something to tell.
    """

    is_told: bool = False
    is_followed: bool = False
    status: StatusShown | None = None


def side_for(viewer: Viewer, section: Section) -> integration_side.IntegrationSide | None:
    """Who tells this reader of a section in the SIS; None where it is not for them."""
    is_told = can_see_integration_of(viewer, section.course.department_id)
    return integration_side.side() if is_told else None


def status_line(
    section: Section,
    fields: Catalogue,
    *,
    viewer: Viewer,
    side: integration_side.IntegrationSide | None,
    now: dt.datetime,
) -> StatusLine:
    """The status of a section, as `side` (see `side_for`) tells it to `viewer`.

    Sections in its groups that they do not see are not named.
    """
    if side is None:
        return StatusLine()
    if not side.is_followed(section.term_id, now=now):
        return StatusLine(is_told=True)
    found = side.statuses([section.pk], now=now).get(section.pk)
    concealed = concealed_labels([section.pk], visible_departments(viewer)).get(section.pk, ())
    shown = status_shown(found, fields, concealed=concealed) if found is not None else None
    return StatusLine(is_told=True, is_followed=True, status=shown)


def status_shown(
    found: integration_side.Status, fields: Catalogue, *, concealed: Sequence[str] = ()
) -> StatusShown:
    """A status as pages tell it."""
    pill = integration_pill(found["state"])
    return StatusShown(
        pill=pill,
        headline=_without(concealed, found["headline"]).removeprefix(pill.word).lstrip(" :—"),
        at=dt.datetime.fromisoformat(found["at"]) if found["at"] else None,
        reasons=[_reason(one, fields, concealed) for one in found["reasons"]],
    )


def without_names(
    found: integration_side.Status | None, concealed: Sequence[str]
) -> integration_side.Status | None:
    """A status that names none of `concealed`, labels of sections that the reader does not see."""
    if found is None or not concealed:
        return found
    reasons = [{**one, "message": _without(concealed, one["message"])} for one in found["reasons"]]
    return {**found, "headline": _without(concealed, found["headline"]), "reasons": reasons}


def _without(concealed: Sequence[str], text: str) -> str:
    for label in concealed:
        text = re.sub(rf"(?<!\w){re.escape(label)}(?!\w)", UNNAMED, text)
    return text


def _reason(one: Mapping[str, Any], fields: Catalogue, concealed: Sequence[str]) -> Reason:
    name = one.get("field") or ""
    is_known = name in fields
    return Reason(
        message=_without(concealed, one["message"]),
        label=fields[name].label if is_known else name.replace("_", " ").capitalize(),
        name=name if is_known else "",
        who=one.get("who") or "",
        conflict=one.get("conflict"),
    )


def why(
    section_id: int, field: Field, *, side: integration_side.IntegrationSide, now: dt.datetime
) -> WhyShown:
    """Why a field of a section holds its value."""
    found = side.explain(section_id, field.name, now=now)
    return WhyShown(
        field=field,
        values={
            "base": found["base"],
            "ours": found["ours"],
            "theirs": found["theirs"],
            "result": found["value"],
        },
        sentence=found["sentence"],
        run=found["run"],
    )


def values_of(found: WhyShown | None) -> list[tuple[Field | None, Any]]:
    """Every value of the explanation, each with its field, for `value_names.names_in`."""
    return [] if found is None else [(found.field, value) for value in found.values.values()]
