"""The form of one merge type: what somebody chose, read from the page, and what is wrong with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import msgspec
from django.http import QueryDict

from adminconsole.settings_choices import (
    Choice,
    Choices,
    fields_of,
    has_send_choice,
    is_locked,
    refusals,
    rules_of,
)
from adminconsole.settings_matrix import DEFAULT, with_all_sent, with_column
from adminconsole.settings_rebasing import changed_keys
from adminconsole.settings_words import REMOVAL_NAMES, SOURCE_NAMES
from integration.settings import TypeSettings
from integration.sis.port import MergeType
from scheduling.domain.fields import Catalogue

LONGEST_REASON = 500
LONGEST_SIS_ID = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """A refusal: the sentence, and the id of the field that it is about."""

    anchor: str
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Addition:
    """One row in which a record override is added, as it was typed."""

    sis_id: str = ""
    field: str = ""
    source: str = ""

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed or chosen."""
        return not (self.sis_id or self.field or self.source)


BLANK_ADDITIONS = (Addition(),) * 3


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeForm:
    """Somebody's choices for one type. `additions`: rows that are no override yet, because of a problem."""

    merge_type: MergeType
    choices: Choices
    reason: str = ""
    additions: Sequence[Addition] = BLANK_ADDITIONS
    problems: Sequence[Problem] = field(default=())

    def with_column_of(self, data: QueryDict, catalogue: Catalogue) -> "TypeForm":
        """The form after a click on a column's heading."""
        column, sent = data.get("set_all"), data.get("set_sent")
        choices = self.choices
        if column == DEFAULT or column in SOURCE_NAMES:
            choices = with_column(self.merge_type, choices, catalogue, str(column))
        if sent in {"yes", "no"}:
            choices = with_all_sent(self.merge_type, choices, catalogue, is_sent=sent == "yes")
        return replace(self, choices=choices)

    def rules(self, now: TypeSettings, catalogue: Catalogue) -> TypeSettings:
        """The settings to be saved instead of `now`, of a form without problems."""
        fields = fields_of(self.merge_type, catalogue)
        if fields.fields:
            return rules_of(self.merge_type, self.choices, fields)
        return msgspec.structs.replace(now, is_enabled=bool(self.choices["is_enabled"]))


def posted_form(merge_type: MergeType, data: QueryDict, base: Choices, catalogue: Catalogue) -> TypeForm:
    """What was sent from the page made of `base`, checked."""
    choices = dict(_chosen(merge_type, data, base, catalogue))
    additions, problems = [], []
    for addition in _additions(data) if merge_type is MergeType.SECTIONS else ():
        problem = _problem_of(addition, choices, catalogue)
        if problem:
            additions.append(addition)
            problems.append(Problem(anchor=f"add-{len(additions)}", sentence=problem))
        else:
            choices[f"override:{addition.sis_id}:{addition.field}"] = addition.source
    reason = data.get("reason", "").replace("\x00", "").strip()
    if len(reason) > LONGEST_REASON:
        sentence = f"The reason has {len(reason)} characters; {LONGEST_REASON} are the most."
        problems.append(Problem(anchor="reason", sentence=sentence))
    problems += _refused(merge_type, choices, base, catalogue)
    return TypeForm(
        merge_type=merge_type,
        choices=choices,
        reason=reason,
        additions=(*additions, *BLANK_ADDITIONS)[: max(len(BLANK_ADDITIONS), len(additions))],
        problems=problems,
    )


def _chosen(
    merge_type: MergeType, data: QueryDict, base: Choices, catalogue: Catalogue
) -> Iterator[tuple[str, Choice]]:
    fields = fields_of(merge_type, catalogue)
    if not fields.fields:
        yield from ({**base, "is_enabled": "is_enabled" in data}).items()
        return
    yield "is_enabled", "is_enabled" in data
    yield "default_source", data.get("default_source", "")
    is_section = merge_type is MergeType.SECTIONS
    yield "removal", data.get("removal", base["removal"]) if is_section else base["removal"]
    for one in fields:
        key = f"source:{one.name}"
        yield key, base.get(key, "") if is_locked(one) else data.get(key, "")
        if has_send_choice(merge_type, one):
            yield f"sent:{one.name}", f"sent:{one.name}" in data
    if is_section:
        for key, values in data.lists():
            if key.startswith("override:") and key.count(":") > 1 and key.isprintable() and values[-1]:
                yield key, values[-1]


def _additions(data: QueryDict) -> Iterator[Addition]:
    columns = [data.getlist(name) for name in ("add_id", "add_field", "add_source")]
    for sis_id, name, source in zip_longest(*columns, fillvalue=""):
        addition = Addition(sis_id=sis_id.strip(), field=name, source=source)
        if not addition.is_blank:
            yield addition


def _problem_of(addition: Addition, choices: Choices, catalogue: Catalogue) -> str:
    """Why a row is no override yet; blank where it is."""
    if not addition.sis_id:
        return "Write the SIS id of the section that is to have a rule of its own."
    if len(addition.sis_id) > LONGEST_SIS_ID or not addition.sis_id.isprintable():
        return f"A SIS id has at most {LONGEST_SIS_ID} characters, all of them visible."
    if addition.field not in catalogue:
        return f"Choose the field of section {addition.sis_id} that is to have a rule of its own."
    if addition.source not in SOURCE_NAMES:
        return f"Choose who wins in {catalogue[addition.field].label} of section {addition.sis_id}."
    if f"override:{addition.sis_id}:{addition.field}" in choices:
        label = catalogue[addition.field].label
        return f"Section {addition.sis_id} has a rule for {label} already; change that one."
    return ""


def _refused(
    merge_type: MergeType, choices: Choices, base: Choices, catalogue: Catalogue
) -> Iterator[Problem]:
    if choices["removal"] not in REMOVAL_NAMES:
        yield Problem(anchor="removal-DELETE", sentence="Choose what a removal becomes.")
    changed = {key: choices[key] for key in changed_keys(base, choices) if key in choices}
    for key, sentence in refusals(merge_type, changed, catalogue):
        yield Problem(anchor=anchor_of(key), sentence=sentence)


def anchor_of(key: str) -> str:
    """The id of the page's element for a choice."""
    kind, _colon, name = key.partition(":")
    if kind == "default_source":
        return "default-as-delivered"
    return f"{kind}-{name}" if name else kind
