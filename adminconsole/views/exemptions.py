"""Console, Exemptions: who may edit what although the phase locks it, and ending one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from adminconsole.access import admin_of, needs
from adminconsole.exemption_words import MOST_PAST, exemption_lines
from adminconsole.rule_saving import author_of, recorder
from phases.errors import RuleRefused
from phases.models import Exemption
from phases.rules import Permission
from phases.selectors import institution_zone
from phases.services.exemptions import revoke_exemption
from phases.wording import moment_words
from scheduling.selectors import catalogue


@needs(Permission.EDIT_PHASES)
@require_safe
def exemptions(request: HttpRequest) -> HttpResponse:
    """Those that hold, and those that are over."""
    active, past = exemption_lines(now=timezone.now(), fields=catalogue())
    shown = {"active": active, "past": past, "most": MOST_PAST}
    return render(request, "adminconsole/exemptions.html", shown)


@needs(Permission.EDIT_PHASES)
@require_http_methods(["GET", "HEAD", "POST"])
def exemption_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """What ending an exemption now means, and ending it."""
    held = get_object_or_404(Exemption.objects.select_related("user", "section__course"), pk=pk)
    who = held.user.get_username()
    where = held.section or f"the sections of {held.department_id}"
    shown = {
        "heading": f"End the exemption of {who}",
        "crumbs": [(reverse("exemptions"), "Exemptions")],
        "sentences": [
            f"{who} may then edit in {where} what the phase and their roles say, from now on.",
            f"It would have ended by itself on {moment_words(held.until, institution_zone())}.",
            "What was edited under it stays. The exemption stays in the list of those that are over.",
        ],
        "button": "End it now",
        "back": reverse("exemptions"),
    }
    if request.method != "POST":
        return render(request, "adminconsole/rules_sure.html", shown)
    now = timezone.now()
    try:
        revoke_exemption(pk, now=now, record=recorder(author_of(admin_of(request), now=now)))
    except RuleRefused as refused:
        return render(request, "adminconsole/rules_sure.html", shown | {"refusal": refused}, status=409)
    messages.success(request, f"Ended the exemption of {who}.")
    return redirect("exemptions")
