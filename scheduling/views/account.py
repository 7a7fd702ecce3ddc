"""Signing in and changing one's password. Signing out is Django's own view, by POST."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from scheduling.forms import PasswordForm, SignInForm
from scheduling.models import ChangeLog
from scheduling.services.audit import Author
from scheduling.services.passwords import change_password


class SignIn(LoginView):
    """The sign-in page; whoever is signed in already goes on to the terms."""

    template_name = "scheduling/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class ChangePassword(PasswordChangeView):
    """A new password for oneself; other sessions of the user end."""

    template_name = "scheduling/password_change.html"
    form_class = PasswordForm

    def form_valid(self, form: PasswordForm) -> HttpResponse:
        """Save through the service, keep this session, say so."""
        author = Author(now=timezone.now(), source=ChangeLog.Source.FORM, user=form.user)
        change_password(form.user, form.cleaned_data["new_password1"], author=author)
        update_session_auth_hash(self.request, form.user)
        messages.success(self.request, "Your password is changed.")
        return redirect("home")
