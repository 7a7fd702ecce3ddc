"""Who may use the API at all. What a person sees of it is `scheduling.visibility`'s answer."""

from typing import Any, cast

from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from scheduling.models import User
from scheduling.visibility import check_has_scheduling


class HasSchedulingProduct(IsAuthenticated):
    """Signed in, and with the Scheduling product. Refuses with the sentence that says what to do."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """True, or raises `NotAuthenticated` or `PermissionDenied` with what to do."""
        if not super().has_permission(request, view):
            raise NotAuthenticated("Sign in, or send a token in the header Authorization: Bearer <key>.")
        check_has_scheduling(cast("User", request.user))
        return True
