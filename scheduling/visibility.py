"""Who may see which part of the schedule. Denied by default: a product and a role are both needed.

A role shows the sections of its departments, or of all; an empty list of departments shows none (DOMAIN.md,
Role). Editing is another question, asked of `phases.policy`.
"""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from phases.policy import Actor
from scheduling.models import Section, User
from scheduling.selectors import actor_for

NO_PRODUCT = "Your account does not include the Scheduling product. Ask the registrar's office to add it."
NO_ROLE = "Your account has no role yet, so there is nothing it may see. Ask the registrar's office for one."

SEES_INTEGRATION = frozenset({"REGISTRAR", "SCHEDULER"})


def check_has_scheduling(user: User) -> None:
    """Raise `PermissionDenied` with a sentence unless `user` has the Scheduling product."""
    if not user.has_scheduling:
        raise PermissionDenied(NO_PRODUCT)


def check_can_see_terms(user: User, actor: Actor) -> None:
    """Raise `PermissionDenied` unless `user` has the product and a role, or the Admin product."""
    check_has_scheduling(user)
    if not (actor.roles or user.has_admin):
        raise PermissionDenied(NO_ROLE)


def visible_sections(actor: Actor) -> QuerySet[Section]:
    """The sections that `actor` may see, by id. Raises `PermissionDenied` for somebody without any role."""
    if not actor.roles:
        raise PermissionDenied(NO_ROLE)
    sections = Section.objects.order_by("id")
    codes = visible_departments(actor)
    return sections if codes is None else sections.filter(course__department__in=codes)


def can_see_integration(user: User, actor: Actor) -> bool:
    """Whether somebody's role may see how far the SIS has a section: those who work on the schedule."""
    return user.has_admin or any(role in SEES_INTEGRATION for role, _departments in actor.roles)


def visible_departments(actor: Actor) -> frozenset[str] | None:
    """The departments whose sections `actor` may see; None: all. An empty set: none."""
    codes: set[str] = set()
    for _role, departments in actor.roles:
        if departments is None:
            return None
        codes |= departments
    return frozenset(codes)


def viewer_of(request: HttpRequest) -> tuple[User, Actor]:
    """Who looks at a page of the schedule. Raises `PermissionDenied` without the product and a role."""
    user = cast("User", request.user)
    actor = actor_for(user)
    check_can_see_schedule(user, actor)
    return user, actor


def check_can_see_schedule(user: User, actor: Actor) -> None:
    """Raise `PermissionDenied` with a sentence unless `user` has the Scheduling product and a role."""
    check_has_scheduling(user)
    if not actor.roles:
        raise PermissionDenied(NO_ROLE)
