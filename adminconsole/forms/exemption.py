"""The form that grants an exemption: whom, where, which fields, until when, and why."""

import datetime as dt
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms

from phases.selectors import institution_zone
from phases.timeline import local_moment
from scheduling.domain.errors import Ambiguous, NotFound
from scheduling.domain.fields import Catalogue
from scheduling.models import Department, Section, Term, User
from scheduling.selectors import section_named
from scheduling.timeline_picture import YEARS

ONE_OF_BOTH = "An exemption is for one section or for one department: fill in one of the two."
NAME_IT_SO = "Write its CRN, or its code like BIO-101-A."


class ExemptionForm(forms.Form):
    """What is asked. `clean` finds the section and the moment."""

    user = forms.ModelChoiceField(
        label="User",
        queryset=User.objects.none(),
        empty_label="Choose a user",
        error_messages={"required": "Choose a user."},
    )
    term = forms.ModelChoiceField(
        label="Term",
        queryset=Term.objects.none(),
        empty_label="Choose a term",
        error_messages={"required": "Choose a term."},
    )
    section = forms.CharField(label="Section", required=False, max_length=60, help_text=NAME_IT_SO)
    department = forms.ModelChoiceField(
        label="or a department",
        required=False,
        queryset=Department.objects.none(),
        empty_label="no department",
        help_text="Then it holds for every section of the department in the term.",
    )
    date = forms.DateField(
        label="Until the day",
        error_messages={"required": "Say until when."},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    time = forms.TimeField(
        label="at",
        initial=dt.time(17),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text="The exemption ends at this moment, by the institution's clock.",
    )
    reason = forms.CharField(
        label="Why",
        error_messages={"required": "Say why, in a few words."},
        max_length=500,
        help_text="It stands in the record of changes and in what the user reads.",
    )
    fields_chosen = forms.MultipleChoiceField(
        label="Fields that may be edited", error_messages={"required": "Tick the fields that may be edited."}
    )

    def __init__(self, *args: Any, catalogue: Catalogue, **named: Any) -> None:
        super().__init__(*args, **named)
        self.catalogue = catalogue
        self._choose("user", User.objects.filter(is_active=True, has_scheduling=True).order_by("username"))
        self._choose("term", Term.objects.all())
        self._choose("department", Department.objects.all())
        chosen = cast("forms.MultipleChoiceField", self.fields["fields_chosen"])
        chosen.choices = [(one.name, one.label) for one in catalogue if not one.is_from_sis]

    def _choose(self, name: str, rows: Any) -> None:
        cast("forms.ModelChoiceField[Any]", self.fields[name]).queryset = rows

    def clean(self) -> dict[str, Any]:
        """The section by its code, and the moment."""
        data = {**(super().clean() or {})}
        code, term = data.get("section", ""), data.get("term")
        if bool(code) is bool(data.get("department")):
            self.add_error("section", ONE_OF_BOTH)
        elif code and term is not None:
            try:
                pk = section_named(term.pk, code)
                data["found"] = Section.objects.select_related("course").get(pk=pk)
            except NotFound:
                self.add_error("section", f"There is no section {code} in {term}. {NAME_IT_SO}")
            except Ambiguous as error:
                self.add_error("section", str(error))
        if data.get("date") and data["date"].year not in YEARS:
            self.add_error("date", "Write a day of these years.")
        elif data.get("date") and data.get("time") is not None:
            local = dt.datetime.combine(data["date"], data["time"])
            data["until"] = local_moment(local, cast("ZoneInfo", institution_zone()))
        return data

    @property
    def labels(self) -> list[str]:
        """The chosen fields as people call them."""
        return [self.catalogue[name].label for name in self.cleaned_data["fields_chosen"]]
