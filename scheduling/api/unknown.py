"""Addresses below /api/v1/ that are none: most often one without the slash at its end."""

from django.http import Http404, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.urls import resolve
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from scheduling.domain.errors import NotFound

NAME = "api-unknown"


@extend_schema(exclude=True)
class UnknownAddress(APIView):
    """Sends who reads on to the address with the slash; a change is refused.

    Django would send a change on too, and many clients repeat it there as a GET: it would be answered with
    200 and lost.
    """

    def get(self, request: Request, rest: str) -> HttpResponseBase:
        """Raises `Http404`, or `NotFound` with the address that was meant."""
        meant = f"{request.path}/"
        if rest.endswith("/") or resolve(meant).url_name == NAME:
            raise Http404
        if request.method in SAFE_METHODS:
            return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))
        raise NotFound(f"Addresses end with a slash; send it to {meant}. Nothing was changed.")

    post = put = patch = delete = get
