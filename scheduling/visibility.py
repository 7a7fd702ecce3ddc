"""Who may see which part of the schedule. Denied by default: a product and a role are both needed.

A role that may view sections shows those of its departments, or of all; an empty list of departments shows
none (DOMAIN.md, Role). Editing is another question, asked of the phase as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone

from phases.json_rows import json_rows
from phases.policy import Actor, Permission, Policy
from phases.rules import Grant
from phases.selectors import ROLE, policy_of_roles, role_told, roles
from phases.wording import listed
from scheduling.models import RoleAssignment, Section, User
from scheduling.selectors import is_at_work, roles_held

NO_PRODUCT = "Your account does not include the Scheduling product. Ask the registrar's office to add it."
NO_ROLE = "Your account has no role yet, so there is nothing it may see."
HELD = ("is_for_all_departments", "departments")
NO_VIEW = "Your role does not let you view sections. Ask the registrar's office for one that does."


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewer(Actor):
    """Who looks. `rights`: the permissions of all roles, read once for a request."""

    rights: Policy = field(compare=False, repr=False)

    def departments(self, permission: Permission) -> frozenset[str] | None:
        """Where somebody has `permission`; None: in all departments. An empty set: nowhere."""
        return self.rights.departments_of(self, permission)

    def grants(self, permission: Permission) -> frozenset[Grant | None]:
        """What the roles held say to `permission`, wherever they hold."""
        roles = self.rights.roles
        return frozenset(
            roles[code].permissions.get(permission) for code, _held in self.roles if code in roles
        )


def roles_column() -> Subquery:
    """Every role, and where the outer query's user has it: what `viewer_told` reads."""
    own = RoleAssignment.objects.filter(user=OuterRef(OuterRef("pk")), role=OuterRef("pk")).order_by("pk")
    return json_rows(roles().annotate(held=json_rows(own, *HELD)), *ROLE, "held")


def viewer_for(user: User) -> Viewer:
    """`user` as somebody who looks, with the rights of now. One query, however many roles there are."""
    told = User.objects.annotate(roles_told=roles_column()).values_list("roles_told", flat=True)
    return viewer_told(user, told.get(pk=user.pk))


def viewer_told(user: User, told: Iterable[Mapping[str, Any]]) -> Viewer:
    """`user` as somebody who looks, from a `roles_column`."""
    rows = [(role["pk"], *(one[name] for name in HELD)) for role in told for one in role["held"]]
    rules = map(role_told, told)
    return Viewer(
        name=user.get_username(),
        user_id=user.pk,
        roles=roles_held(rows) if is_at_work(user) else (),
        rights=policy_of_roles({one.code: one for one in rules}, at=timezone.now()),
    )


class SeenRequest(HttpRequest):
    """A request whose person's rights have been read."""

    viewer: Viewer


def viewer_at(request: HttpRequest) -> Viewer:
    """Who is at a page, with the rights of their roles; read once a request."""
    seen = cast("SeenRequest", request)
    if not hasattr(seen, "viewer"):
        user = cast("User", request.user)
        told = getattr(user, "roles_told", None)  # read along by `backends.Backend`
        seen.viewer = viewer_for(user) if told is None else viewer_told(user, told)
    return seen.viewer


def viewer_of(request: HttpRequest) -> tuple[User, Viewer]:
    """Who looks at a page of the schedule.

    Raises `PermissionDenied` without the product and a role that may view sections.
    """
    user = cast("User", request.user)
    check_has_scheduling(user)
    viewer = viewer_at(request)
    check_can_see_schedule(viewer)
    return user, viewer


def check_has_scheduling(user: User) -> None:
    """Raise `PermissionDenied` with a sentence unless `user` has the Scheduling product."""
    if not user.has_scheduling:
        raise PermissionDenied(NO_PRODUCT)


def check_can_see_terms(user: User, actor: Actor) -> None:
    """Raise `PermissionDenied` with a sentence unless `user` has the Scheduling product and a role."""
    check_has_scheduling(user)
    check_has_role(actor)


def check_has_role(actor: Actor) -> None:
    """Raise `PermissionDenied` for somebody without a role, naming who may give one."""
    if not actor.roles:
        raise PermissionDenied(f"{NO_ROLE} {_who_gives_roles()}")


def _who_gives_roles() -> str:
    """Those who manage users: few, as the Admin product is, and asked of only where somebody is refused."""
    admins = User.objects.filter(has_admin=True, is_active=True).order_by("username")
    names = [
        one.get_full_name() or one.username
        for one in admins
        if viewer_for(one).departments(Permission.MANAGE_USERS) is None
    ]
    if names:
        return f"{listed(names, 'or')} can give it one."
    return "Nobody manages users here yet; whoever runs the server can give it one (manage.py make_user)."


def check_can_see_schedule(viewer: Viewer) -> None:
    """Raise `PermissionDenied` with a sentence for somebody without a role that may view sections."""
    check_has_role(viewer)
    grants = viewer.grants(Permission.VIEW_SECTIONS)
    if Grant.DENY in grants or not grants - {None}:
        raise PermissionDenied(NO_VIEW)


def visible_departments(viewer: Viewer) -> frozenset[str] | None:
    """The departments whose sections `viewer` may see; None: all. An empty set: none."""
    return viewer.departments(Permission.VIEW_SECTIONS)


def visible_sections(viewer: Viewer) -> QuerySet[Section]:
    """The sections that `viewer` may see, by id. Raises `PermissionDenied` as `check_can_see_schedule`."""
    check_can_see_schedule(viewer)
    sections = Section.objects.order_by("id")
    codes = visible_departments(viewer)
    return sections if codes is None else sections.filter(course__department__in=codes)


def can_see_integration(viewer: Viewer) -> bool:
    """Whether somebody may see how far the SIS has each section that they see at all."""
    seen, told = visible_departments(viewer), viewer.departments(Permission.VIEW_INTEGRATION_STATUS)
    return told is None or (seen is not None and bool(told) and seen <= told)


def can_see_integration_of(viewer: Viewer, department: str | None) -> bool:
    """Whether somebody may see how far the SIS has the sections of one department (None: of none)."""
    told = viewer.departments(Permission.VIEW_INTEGRATION_STATUS)
    return told is None or department in told
