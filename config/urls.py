"""All addresses."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.http import require_safe

from scheduling.api.unknown import NAME as UNKNOWN
from scheduling.api.unknown import UnknownAddress

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"


@require_safe
@login_not_required
def healthz(_request: HttpRequest) -> HttpResponse:
    """Says that the process answers; open to everybody, tells nothing."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("support/", admin.site.urls),
    path("api/v1/", include("scheduling.api.urls")),
    path("api/v1/", include("integration.api.urls")),
    path("api/v1/<path:rest>", UnknownAddress.as_view(), name=UNKNOWN),
    path("console/", include("adminconsole.urls")),
    path("", include("scheduling.urls")),
    path("", include("integration.urls")),
]
