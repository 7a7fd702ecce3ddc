"""The button of a finished preview, which says how much it does and asks for the number of removals."""

from typing import Any

from django import forms


class DeedForm(forms.Form):
    """The button of a finished preview. `number`: how many removals have to be typed; 0: none."""

    number = forms.CharField(
        required=False,
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, number: int, **named: Any) -> None:
        super().__init__(*args, **named)
        self.wanted = number
        self.fields["number"].label = f"Type {number} to confirm"
        if self.is_bound and self.errors:
            self.fields["number"].widget.attrs["aria-invalid"] = "true"

    def clean_number(self) -> str:
        """The number as typed; it has to be the one that is asked for."""
        typed: str = self.cleaned_data["number"].strip().replace(",", "")
        if self.wanted and typed != str(self.wanted):
            raise forms.ValidationError(
                "What was typed is not the number of records that would be cancelled or removed."
            )
        return typed
