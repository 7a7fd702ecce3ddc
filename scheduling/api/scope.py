"""Who asks, and what all endpoints share."""

from functools import cached_property
from typing import Any, cast

from django.utils import timezone
from rest_framework.generics import GenericAPIView

from scheduling.models import ChangeLog, User
from scheduling.services.audit import Author
from scheduling.visibility import Viewer, check_can_see_schedule, viewer_for

from .filters import StrictFilters
from .pagination import Pages, PagesById


class ScheduleView(GenericAPIView[Any]):
    """A view that first asks who looks. Lists have strict filters and cursor pages."""

    filter_backends = (StrictFilters,)
    pagination_class: type[Pages] = PagesById

    @property
    def user(self) -> User:
        """Who asks; the permission has seen to it that somebody is signed in."""
        return cast("User", self.request.user)

    @cached_property
    def asking(self) -> Viewer:
        """The asking user, as the policy sees them, whatever they may see."""
        return viewer_for(self.user)

    @property
    def viewer(self) -> Viewer:
        """The asking user. Raises `PermissionDenied` without a role that may view sections."""
        check_can_see_schedule(self.asking)
        return self.asking

    def author(self) -> Author:
        """Signs a change that comes this way."""
        return Author(now=timezone.now(), source=ChangeLog.Source.API, user=self.user)
