"""Who may see which part of the schedule. Denied by default: a product and a role are both needed.

A role shows the sections of its departments, or of all; an empty list of departments shows none (DOMAIN.md,
Role). Editing is another question, asked of `phases.policy`.
"""

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from phases.policy import Actor
from scheduling.models import Section, User

NO_PRODUCT = "Your account does not include the Scheduling product. Ask the registrar's office to add it."
NO_ROLE = "Your account has no role yet, so there is nothing it may see. Ask the registrar's office for one."


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
    codes: set[str] = set()
    for _role, departments in actor.roles:
        if departments is None:
            return sections
        codes |= departments
    return sections.filter(course__department__in=codes)
