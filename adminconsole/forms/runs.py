"""Which runs to list, and which of a run's rows and issues."""

from collections.abc import Sequence
from typing import TypedDict

from django import forms

from integration.models import MergeRun
from integration.plan_words import filter_choices
from integration.run_list import RunFilter
from integration.run_report import ISSUE_KINDS
from integration.sis.port import MergeType
from scheduling.models import Term

ALL = ("", "All")


class RunFilterForm(forms.Form):
    """The filter bar of the list of runs. What is not understood filters nothing, and is said."""

    type = forms.ChoiceField(
        label="Type",
        required=False,
        choices=[ALL, *((one.value, one.value.capitalize()) for one in MergeType)],
    )
    term = forms.ChoiceField(label="Term", required=False)
    status = forms.ChoiceField(label="Status", required=False)
    trigger = forms.ChoiceField(label="Started by", required=False, choices=[ALL, *MergeRun.Trigger.choices])
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    dry = forms.BooleanField(label="Previews too", required=False)

    def __init__(self, *args: object, terms: Sequence[Term], statuses: Sequence[tuple[str, str]]) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # the form's own arguments
        for name, choices in {
            "term": [(one.code, one.name) for one in terms],
            "status": statuses,
        }.items():
            self.fields[name].choices = [ALL, *choices]  # type: ignore[attr-defined]  # a choice field

    @property
    def chosen(self) -> RunFilter:
        """What is asked for; a field with an error counts as blank."""
        self.is_valid()
        given = self.cleaned_data
        return RunFilter(
            merge_type=given.get("type", ""),
            term=given.get("term", ""),
            status=given.get("status", ""),
            trigger=given.get("trigger", ""),
            with_dry_runs=given.get("dry", False),
            since=given.get("since"),
            until=given.get("until"),
        )


class RowFilter(TypedDict):
    """Which rows of a plan to show, as `integration.plan_rows.rows_of` takes it; blank: all."""

    side: str
    action: str
    field: str
    q: str


class RowFilterForm(forms.Form):
    """The filter bar above the rows of a run or plan. `fields`: (name, label) of the type's fields."""

    side = forms.ChoiceField(
        label="Side", required=False, choices=[ALL, ("LOCAL", "In Tandem"), ("SIS", "In the SIS")]
    )
    action = forms.ChoiceField(label="What happens", required=False, choices=[ALL, *filter_choices()])
    field = forms.ChoiceField(label="Field", required=False)
    q = forms.CharField(
        label="Record", required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )

    def __init__(self, *args: object, fields: Sequence[tuple[str, str]]) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # the form's own arguments
        self.fields["field"].choices = [ALL, *fields]  # type: ignore[attr-defined]  # a choice field

    @property
    def chosen(self) -> RowFilter:
        """What is asked for, for `integration.plan_rows.rows_of`; a field with an error counts as blank."""
        self.is_valid()
        given = self.cleaned_data
        return RowFilter(
            side=given.get("side", ""),
            action=given.get("action", ""),
            field=given.get("field", ""),
            q=given.get("q", ""),
        )


def issue_kind(text: str) -> str:
    """The kind of issues asked for; blank for all."""
    return text if text in ISSUE_KINDS else ""
