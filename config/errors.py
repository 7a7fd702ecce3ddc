"""What an unexpected failure looks like: JSON below /api/, a page in plain words elsewhere."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults

from scheduling.api.errors import problem

Page = Callable[..., HttpResponse]


def _handler(page: Page, *, status: int, code: str, sentence: str) -> Page:
    def handle(request: HttpRequest, *args: Exception, **named: Exception) -> HttpResponse:
        if request.path.startswith("/api/"):
            return JsonResponse(problem(code, sentence), status=status)
        return page(request, *args, **named)

    return handle


bad_request = _handler(
    defaults.bad_request, status=400, code="BAD_REQUEST", sentence="This request cannot be answered."
)
permission_denied = _handler(
    defaults.permission_denied, status=403, code="PERMISSION_DENIED", sentence="You may not do this."
)
not_found = _handler(
    defaults.page_not_found, status=404, code="NOT_FOUND", sentence="There is nothing at this address."
)
server_error = _handler(
    defaults.server_error,
    status=500,
    code="SERVER_ERROR",
    sentence="Something went wrong on our side. Read the record again before you repeat the change.",
)
