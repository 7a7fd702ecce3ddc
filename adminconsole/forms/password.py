"""The form that gives somebody a password."""

from typing import Any

from django.contrib.auth.forms import SetPasswordForm
from django.utils.safestring import mark_safe


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # Django has no parameter at run time
    """The new password twice, judged as everybody's own."""

    error_messages = {  # noqa: RUF012  # Django declares it without ClassVar
        "password_mismatch": "The two passwords differ. Type it twice.",
    }

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        first, again = self.fields["new_password1"], self.fields["new_password2"]
        first.help_text = mark_safe(str(first.help_text).replace("Your password", "The password"))  # noqa: S308  # Django's own list
        again.label, again.help_text = "The same once more", ""
