"""Console, Users: how somebody gets in: a password, and keys for the API."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.forms.password import NewPasswordForm
from adminconsole.rule_saving import author_of
from adminconsole.views.users import user_of_page
from adminconsole.views.version_list import number_of
from phases.rules import Permission
from scheduling.domain.errors import ActionRefused, NotFound
from scheduling.models import User
from scheduling.services.passwords import set_password
from scheduling.services.tokens import issue_token, revoke_token


@sensitive_post_parameters()
@needs(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def user_access(request: HttpRequest, pk: int) -> HttpResponse:
    """The password and the tokens of a user; a POST sets, issues or revokes one."""
    found = user_of_page(request, pk)
    if request.method != "POST":
        return _page(request, found)
    deeds = {"password": _set_password, "issue": _issue, "revoke": _revoke}
    deed = deeds.get(request.POST.get("step", ""))
    try:
        return deed(request, found) if deed else redirect("user_access", pk)
    except (ActionRefused, NotFound) as error:
        return _page(request, found, status=409, refusal=str(error))


def _page(request: HttpRequest, found: User, *, status: int = 200, **said: Any) -> HttpResponse:
    shown = {"form": NewPasswordForm(found), "user_shown": found, "tokens": found.api_tokens.all(), **said}
    answer = render(request, "adminconsole/user_access.html", shown, status=status)
    patch_cache_control(answer, no_store=True)
    return answer


def _set_password(request: HttpRequest, found: User) -> HttpResponse:
    form = NewPasswordForm(found, request.POST)
    if not form.is_valid():
        return _page(request, found, status=422, form=form)
    me = admin_of(request)
    set_password(found, form.cleaned_data["new_password1"], author=author_of(me, now=timezone.now()))
    if found.pk == me.pk:
        me.refresh_from_db()
        update_session_auth_hash(request, me)
    messages.success(
        request, f"The password of {found.username} is changed; their other sessions have ended."
    )
    return redirect("user_access", found.pk)


def _issue(request: HttpRequest, found: User) -> HttpResponse:
    """The key stands on this answer and nowhere else."""
    key = issue_token(found, author=author_of(admin_of(request), now=timezone.now()))
    return _page(request, found, key=key)


def _revoke(request: HttpRequest, found: User) -> HttpResponse:
    token = number_of(request.POST.get("token"))
    revoke_token(found, token, author=author_of(admin_of(request), now=timezone.now()))
    messages.success(request, "The token is revoked; whoever used it is out.")
    return redirect("user_access", found.pk)
