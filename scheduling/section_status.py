"""How far the SIS has a section, and why a value is what it is: integration's answers, made for the page."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scheduling import integration_side
from scheduling.domain.fields import Catalogue, Field
from scheduling.pills import Pill, integration_pill

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


def shown_status(
    section_id: int, fields: Catalogue, *, concealed: Sequence[str] = (), now: dt.datetime
) -> StatusShown | None:
    """The status of a section; None where nothing follows sections.

    `concealed`: labels of sections in its groups that the reader does not see; they are not named.
    """
    found = integration_side.statuses([section_id], now=now).get(section_id)
    return None if found is None else status_shown(found, fields, concealed=concealed)


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
