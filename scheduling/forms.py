"""Forms of the pages."""

from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm


class SignInForm(AuthenticationForm):
    """User name and password. One sentence for every failure: which part is wrong is nobody's business."""

    error_messages = {  # noqa: RUF012  # Django declares it without ClassVar
        "invalid_login": "This user name and password do not fit together. Capital letters count.",
        "inactive": "This user name and password do not fit together. Capital letters count.",
    }


class PasswordForm(PasswordChangeForm):
    """The old password once, the new one twice."""

    error_messages = {  # noqa: RUF012  # as above
        "password_incorrect": "This is not your old password. Capital letters count.",
        "password_mismatch": "The two new passwords differ. Type the new one twice.",
    }
