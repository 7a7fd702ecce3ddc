"""Users as `make_user` makes them: what is given is set; what is left out stays as it is."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db import transaction

from phases.delivered import ROLES, VIEWER
from phases.rules import REGISTRAR
from scheduling.domain.errors import InvalidValue
from scheduling.models import Role, User

from .accounts import PRODUCTS, Account, Held, account_of, save_account
from .audit import Author
from .passwords import set_password

INSTITUTION_WIDE = frozenset({REGISTRAR, VIEWER})
"""Roles that are for all departments where none is named. For every other role none means none."""


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
    knows_admins: bool = False,
) -> SavedUser:
    """Create the user `name` or change what is given.

    `roles` are the user's roles from now on, each for `departments`. A new user gets the product Scheduling
    unless told otherwise, and a random password unless one is given. `knows_admins` and what is raised: see
    `save_account`.
    """
    user = User.objects.select_for_update().filter(username=name).first()
    stands = account_of(user) if user is not None else Account(username=name)
    for role in sorted(set(roles) & set(ROLES)):  # delivered ones are there, unless somebody removed them
        Role.objects.get_or_create(code=role, defaults={"name": ROLES[role]})
    wanted = replace(
        stands,
        products=_products(products) if products else stands.products,
        roles=_held(stands.roles, roles, departments),
    )
    pk = user.pk if user is not None else None
    saved = save_account(pk, wanted, author=author, knows_admins=knows_admins)
    made = "" if password or user is not None else secrets.token_urlsafe(12)
    if password or made:
        set_password(saved, password or made, author=author, is_told=user is not None)
    return SavedUser(user=saved, is_new=user is None, password=made)


def _products(given: Collection[str]) -> tuple[str, ...]:
    """In the order in which they are always told; unknown ones last, to be refused."""
    return (*(one for one in PRODUCTS if one in given), *sorted(set(given) - set(PRODUCTS)))


def _held(stands: Held, roles: Collection[str], departments: Collection[str]) -> Held:
    """The roles from now on, each for the same departments."""
    if not roles and not departments:
        return stands
    names = sorted(set(roles) or stands)
    if not names:
        raise InvalidValue("A department needs a role: name the role that the user has in it.", "department")
    everywhere = INSTITUTION_WIDE if not departments else frozenset[str]()
    return {role: None if role in everywhere else frozenset(departments) for role in names}
