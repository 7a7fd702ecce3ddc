"""The console's first page: what needs a person, worst first, and how the last merges went."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from adminconsole.access import needs
from integration.attention import Overview
from phases.rules import Permission


@needs(Permission.EXECUTE_MERGES, Permission.MANAGE_MERGE_SETTINGS)
@require_safe
def console(request: HttpRequest) -> HttpResponse:
    """The overview."""
    return render(request, "adminconsole/overview.html", {"overview": Overview.load(now=timezone.now())})
