"""What somebody asks for on Execute Merge, and the number typed before records are removed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from integration.coverage import TermCoverage
from integration.sis.port import REFERENCE_TYPES, SENDABLE_TYPES, TERM_TYPES, MergeType

EVERYTHING, REFERENCE = "everything", "reference"
TYPE_CHOICES = [
    (EVERYTHING, "Everything, in the right order"),
    (REFERENCE, "Reference data (terms, departments, buildings, rooms, instructors)"),
    *((one.value, one.value.capitalize()) for one in TERM_TYPES),
]
PREVIEW, IMPORT = "preview", "import"
NEVER_UNSEEN = "What goes to the SIS is always previewed first. Press Preview, look at it, then send it."
NO_TERM_SENDS = "No term here is set to send to the SIS. It is switched on in Merge Settings, under Terms."


class Ticks(forms.CheckboxSelectMultiple):
    """Boxes in a group that a sentence about it can lead to: the group has the field's id."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """The group's id, or that of one box."""
        return super().id_for_label(id_, index) if index else id_


class Radios(forms.RadioSelect):
    """The same, of which one is chosen."""

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        """The group's id, or that of one button."""
        return super().id_for_label(id_, index) if index else id_


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What was asked for, ready for `integration.requests.request_merge`."""

    types: Sequence[MergeType]
    terms: Sequence[str]
    is_sending: bool
    accept_empty: bool


class ExecuteForm(forms.Form):
    """Types, terms, and whether to send.

    `coverage`: the terms here, with what is on in each; `senders`: (term code, type) that is set to send.
    """

    types = forms.MultipleChoiceField(
        label="What to merge",
        choices=TYPE_CHOICES,
        widget=Ticks,
        error_messages={"required": "Tick at least one thing to merge."},
    )
    terms = forms.MultipleChoiceField(
        label="Which terms",
        required=False,
        widget=Ticks,
        error_messages={"invalid_choice": "Term %(value)s is not here; import the terms first."},
    )
    new_term = forms.CharField(
        label="A term that is not here yet",
        required=False,
        max_length=40,
        help_text="Its code in the SIS. The SIS is asked for it; importing it switches nothing on.",
    )
    sending = forms.ChoiceField(
        label="Send updates to the SIS",
        choices=[("no", "No, only import"), ("yes", "Yes, import and send")],
        initial="no",
        widget=Radios,
    )
    accept_empty = forms.BooleanField(label="Accept an empty answer of the SIS, this once", required=False)
    deed = forms.ChoiceField(
        choices=[(PREVIEW, "Preview"), (IMPORT, "Import without preview")],
        required=False,
        widget=forms.HiddenInput,
    )

    def __init__(
        self,
        *args: Any,
        coverage: Sequence[TermCoverage],
        senders: Collection[tuple[str, str]],
        **named: Any,
    ) -> None:
        super().__init__(*args, **named)
        self.coverage, self.senders = coverage, senders
        terms = self.fields["terms"]
        terms.choices = [(one.term.code, one.term.name) for one in coverage]  # type: ignore[attr-defined]  # a choice field

    @property
    def term_rows(self) -> list[dict[str, Any]]:
        """Each term with its tick box and what is on in it, in words."""
        rows = []
        for choice, one in zip(self["terms"], self.coverage, strict=True):
            rows.append({"choice": choice, "term": one.term, "words": _on_in_words(one)})
        return rows

    @property
    def may_send(self) -> bool:
        """Whether any term is set to send anything."""
        return bool(self.senders)

    def clean(self) -> dict[str, Any]:
        """What fits together, with a sentence for each thing that does not."""
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        wish = self.wish
        is_bound = any(one in TERM_TYPES for one in wish.types)
        if is_bound and not wish.terms:
            self.add_error("terms", "Tick the terms to merge; courses, sections and relationships need one.")
        if wish.accept_empty and len(wish.types) != 1:
            self.add_error("accept_empty", "This goes with exactly one type, so that nothing else slips in.")
        if wish.is_sending:
            self._check_sending(wish)
        return given

    def _check_sending(self, wish: Wish) -> None:
        if self.cleaned_data.get("deed") == IMPORT:
            self.add_error("sending", NEVER_UNSEEN)
        asked = [one for one in wish.types if one in SENDABLE_TYPES]
        if not asked:
            self.add_error(
                "sending", "Only sections and relationships are ever sent. Tick one, or choose No."
            )
        names = {one.term.code: one.term.name for one in self.coverage}
        for code in wish.terms:
            closed = [one.value for one in asked if (code, one.value) not in self.senders]
            if closed:
                what = " and ".join(closed).capitalize()
                self.add_error(
                    "sending",
                    f"{what} of {names.get(code, code)} are not set to be sent. Choose No, leave that term "
                    "out, or switch sending on in Merge Settings, under Terms.",
                )

    @property
    def wish(self) -> Wish:
        """What is asked for (of a form without errors). Terms belong to types that have terms."""
        given = self.cleaned_data
        chosen = set(given["types"])
        reference = chosen & {EVERYTHING, REFERENCE}
        types = [one for one in REFERENCE_TYPES if reference]
        types += [one for one in TERM_TYPES if EVERYTHING in chosen or one.value in chosen]
        terms = [*given["terms"], *filter(None, [given["new_term"]])]
        has_terms = any(one in TERM_TYPES for one in types)
        return Wish(
            types=types,
            terms=terms if has_terms else [],
            is_sending=given["sending"] == "yes",
            accept_empty=given["accept_empty"],
        )


def _on_in_words(coverage: TermCoverage) -> str:
    """``Courses: Import, Nightly · Sections and relationships: Import, Send``; types alike stand together."""
    alike: dict[str, list[str]] = {}
    for one in coverage.types:
        alike.setdefault(one.words, []).append(one.label)
    if len(alike) == 1:
        return next(iter(alike))
    said = {words: " and ".join(labels).capitalize() for words, labels in alike.items()}
    return " · ".join(f"{labels}: {words}" for words, labels in said.items())
