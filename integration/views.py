"""Integration's pages."""

from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from integration.coverage import reference_coverage, term_coverage
from integration.permissions import can_see_runs
from integration.settings import ConfigurationError, active_version, read
from scheduling.models import Term, User
from scheduling.visibility import check_can_see_terms, viewer_at


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The terms; for registrars and admins also what is merged in each, and how the last runs went."""
    user = cast("User", request.user)
    viewer = viewer_at(request)
    check_can_see_terms(user, viewer)
    shown: dict[str, Any] = {"terms": Term.objects.all()}
    if can_see_runs(viewer):
        try:
            settings = read(active_version())
        except ConfigurationError as error:
            shown["settings_problem"] = error
        else:
            shown["coverage"] = term_coverage(settings, today=timezone.localdate())
            shown["is_any_on"] = any(one.is_on for one in shown["coverage"])
            shown["reference"] = reference_coverage(settings)
    return render(request, "integration/terms.html", shown)
