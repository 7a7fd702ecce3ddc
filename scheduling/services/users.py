"""Creating and changing users, audited. What is given is set; what is left out stays as it is."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from phases.delivered import ROLES, VIEWER
from phases.rules import REGISTRAR
from scheduling.domain.errors import InvalidValue
from scheduling.models import ApiToken, ChangeLog, Department, Role, RoleAssignment, User

from .audit import Author, Change, write_changes

INSTITUTION_WIDE = frozenset({REGISTRAR, VIEWER})
"""Roles that are for all departments where none is named. For every other role none means none."""
PRODUCTS = ("scheduling", "admin")


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedUser:
    """A user as saved; `password`: the random one that was made, to be shown once."""

    user: User
    is_new: bool
    password: str = ""


@transaction.atomic
def save_user(
    name: str,
    *,
    author: Author,
    roles: Collection[str] = (),
    departments: Collection[str] = (),
    products: Collection[str] = (),
    password: str = "",
) -> SavedUser:
    """Create the user `name` or change what is given.

    `roles` are the user's roles from now on, each for `departments`. A new user gets the product Scheduling
    unless told otherwise, and a random password unless one is given. Raises `InvalidValue`.
    """
    user = User.objects.select_for_update().filter(username=name).first()
    is_new = user is None
    before = _facts(user) if user is not None else {}
    user = user or User(username=name, has_scheduling=True)
    _set_products(user, products)
    made = "" if password or not is_new else secrets.token_urlsafe(12)
    if password or made:
        user.set_password(password or made)
    try:
        user.full_clean(exclude=["password"], validate_constraints=False)
    except ValidationError as error:
        raise InvalidValue(" ".join(error.messages), "name") from error
    user.save()
    _set_roles(user, roles, departments)
    _audit(user, before, _facts(user), author, is_password_changed=bool(password) and not is_new)
    return SavedUser(user=user, is_new=is_new, password=made)


@transaction.atomic
def issue_token(user: User, *, author: Author) -> str:
    """A new API token; its key is returned once and kept nowhere."""
    key = ApiToken.issue(user)
    write_changes([_change(user, ChangeLog.Action.UPDATE, field="api_token")], author=author)
    return key


def _set_products(user: User, products: Collection[str]) -> None:
    unknown = sorted(set(products) - set(PRODUCTS))
    if unknown:
        raise InvalidValue(
            f"There is no product {unknown[0]!r}; choose among {', '.join(PRODUCTS)}.", "product"
        )
    if products:
        user.has_scheduling, user.has_admin = "scheduling" in products, "admin" in products
    if user.has_admin and not user.has_scheduling:
        raise InvalidValue(
            "A user whose only product is Admin would see nothing after the next login; "
            "give the product Scheduling too.",
            "product",
        )


def _set_roles(user: User, roles: Collection[str], departments: Collection[str]) -> None:
    known = set(ROLES) | set(Role.objects.values_list("code", flat=True))
    for role in roles:
        if role not in known:
            raise InvalidValue(f"There is no role {role!r}; choose among {', '.join(sorted(known))}.", "role")
    named = Department.objects.in_bulk(list(departments))
    missing = sorted(set(departments) - named.keys())
    if missing:
        codes = ", ".join(Department.objects.values_list("code", flat=True)) or "none yet; import departments"
        raise InvalidValue(
            f"There is no department {missing[0]!r}; the departments are {codes}.", "department"
        )
    held = sorted(set(roles)) or sorted(user.role_assignments.values_list("role_id", flat=True))
    if departments and not held:
        raise InvalidValue("A department needs a role: name the role that the user has in it.", "department")
    if roles:
        user.role_assignments.exclude(role_id__in=roles).delete()
    for role in held if roles or departments else ():
        Role.objects.get_or_create(code=role, defaults={"name": ROLES.get(role, role)})
        assignment, _made = RoleAssignment.objects.update_or_create(
            user=user,
            role_id=role,
            defaults={"is_for_all_departments": role in INSTITUTION_WIDE and not departments},
        )
        assignment.departments.set(named.values())


def _facts(user: User) -> dict[str, Any]:
    """What the audit shows of a user. Roles: code -> departments, or ``all``."""
    held = user.role_assignments.prefetch_related("departments").order_by("role_id")
    return {
        "username": user.username,
        "products": [name for name in PRODUCTS if getattr(user, f"has_{name}")],
        "roles": {
            one.role_id: "all"
            if one.is_for_all_departments
            else sorted(department.pk for department in one.departments.all())
            for one in held
        },
    }


def _audit(
    user: User, before: dict[str, Any], after: dict[str, Any], author: Author, *, is_password_changed: bool
) -> None:
    """The password is never in the audit, only that it changed."""
    if not before:
        changes = [_change(user, ChangeLog.Action.CREATE, after=after)]
    else:
        changes = [
            _change(user, ChangeLog.Action.UPDATE, field=name, before=before[name], after=after[name])
            for name in after
            if before[name] != after[name]
        ]
    if is_password_changed:
        changes.append(_change(user, ChangeLog.Action.UPDATE, field="password"))
    write_changes(changes, author=author)


def _change(user: User, action: str, **values: Any) -> Change:
    return Change(action=action, record_type="user", record_id=str(user.pk), **values)
