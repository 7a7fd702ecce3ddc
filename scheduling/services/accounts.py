"""What an account is, and saving one: by the console's pages and by `make_user`, audited field by field.

Rules of DOMAIN.md, Product: a user whose only product is Admin is refused; from the third active person with
the Admin product on, somebody has to say that they know, and the log has it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction

from scheduling.domain.errors import ActionRefused, InvalidValue
from scheduling.models import ChangeLog, Department, Role, RoleAssignment, User

from .account_guards import check_keeps_own_right, check_may_touch, locked_user
from .audit import Author, Change, write_changes

log = structlog.get_logger("tandem.users")
PRODUCTS = ("scheduling", "admin")
FEW_ADMINS = 2
"""So many people have the Admin product without anybody being asked (DOMAIN.md, Product)."""
Held = Mapping[str, frozenset[str] | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A user but for password and tokens. `roles`: code -> the departments it is held for; None: all."""

    username: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    is_active: bool = True
    products: tuple[str, ...] = ("scheduling",)
    roles: Held = field(default_factory=dict)


def account_of(user: User) -> Account:
    """The user as saved."""
    held = user.role_assignments.prefetch_related("departments").order_by("role_id")
    return Account(
        username=user.username,
        first_name=user.first_name,
        last_name=user.last_name,
        email=user.email,
        is_active=user.is_active,
        products=tuple(name for name in PRODUCTS if getattr(user, f"has_{name}")),
        roles={
            one.role_id: None
            if one.is_for_all_departments
            else frozenset(department.pk for department in one.departments.all())
            for one in held
        },
    )


def other_admins(pk: int | None) -> list[str]:
    """The names of the active people with the Admin product but for this one."""
    names = User.objects.filter(has_admin=True, is_active=True).exclude(pk=pk or 0)
    return list(names.order_by("username").values_list("username", flat=True))


def needs_admin_confirmation(before: Account | None, after: Account, others: list[str]) -> bool:
    """Whether the change makes somebody one more of many with the Admin product."""
    had = before is not None and before.is_active and "admin" in before.products
    has = after.is_active and "admin" in after.products
    return has and not had and len(others) >= FEW_ADMINS


@transaction.atomic
def save_account(pk: int | None, wanted: Account, *, author: Author, knows_admins: bool = False) -> User:
    """Make the user (`pk` None) or change them to be as `wanted`. A new one cannot sign in with a password.

    `knows_admins`: the person was told how many have the Admin product. Raises `ActionRefused`: not by this
    author, or not without being told; `InvalidValue`; `NotFound`.
    """
    user = locked_user(pk, author) if pk is not None else User(username=wanted.username)
    check_may_touch(user, author)
    before = account_of(user) if pk is not None else None
    if before is not None and wanted.username != before.username:
        raise InvalidValue("The name to sign in with stays; the record of changes goes by it.", "username")
    check_account(wanted, is_new=before is None)
    others = other_admins(pk)
    is_one_more = needs_admin_confirmation(before, wanted, others)
    if is_one_more and not knows_admins:
        raise ActionRefused(_many_admins(wanted, others))
    _write(user, wanted, is_new=before is None)
    check_keeps_own_right(user, author)
    if is_one_more:
        author = replace(author, reason=f"Confirmed: number {len(others) + 1} with the Admin product")
        log.warning("one more with the Admin product", user=user.pk, others=len(others), by=author.shown_name)
    _audit(user, before, wanted, author)
    return user


def _many_admins(wanted: Account, others: list[str]) -> str:
    return (
        f"{', '.join(others)} have the Admin product already, and it is given to few. "
        f"Say that you know before you give it to {wanted.username}."
    )


def check_account(wanted: Account, *, is_new: bool) -> None:
    """Raise `InvalidValue` for an account that cannot be, whoever saves it."""
    _check_rights(wanted)
    taken = User.objects.filter(username__iexact=wanted.username).first() if is_new else None
    if taken is not None:
        raise InvalidValue(
            f"There is a user called {taken.username} already; choose another name to sign in with. "
            "Capitals make no difference.",
            "username",
        )
    user = User(**{name: getattr(wanted, name) for name in ("username", "first_name", "last_name", "email")})
    try:
        user.full_clean(exclude=["password"], validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise InvalidValue(" ".join(error.messages), next(iter(error.message_dict), "")) from error


def no_role_warning(wanted: Account) -> str:
    """What somebody should know who saves an account without a role; blank where it has one."""
    if wanted.roles or not wanted.products:
        return ""
    return f"{wanted.username} has no role: what the products open stays empty until a role is given."


def _check_rights(wanted: Account) -> None:
    """Raises `InvalidValue` for products, roles and departments that cannot be."""
    unknown = sorted(set(wanted.products) - set(PRODUCTS))
    if unknown:
        known = ", ".join(PRODUCTS)
        raise InvalidValue(f"There is no product {unknown[0]!r}; choose among {known}.", "product")
    if "admin" in wanted.products and "scheduling" not in wanted.products:
        raise InvalidValue(
            "A user whose only product is Admin would see nothing after the next login; "
            "give the product Scheduling too.",
            "product",
        )
    roles = list(Role.objects.values_list("code", flat=True))
    for code in sorted(set(wanted.roles) - set(roles)):
        raise InvalidValue(f"There is no role {code!r}; choose among {', '.join(roles)}.", "role")
    named = {code for codes in wanted.roles.values() for code in codes or ()}
    missing = sorted(named - set(Department.objects.filter(pk__in=named).values_list("pk", flat=True)))
    if missing:
        codes = ", ".join(Department.objects.values_list("code", flat=True)) or "none yet; import departments"
        raise InvalidValue(
            f"There is no department {missing[0]!r}; the departments are {codes}.", "department"
        )


def _write(user: User, wanted: Account, *, is_new: bool) -> None:
    for name in ("first_name", "last_name", "email", "is_active"):
        setattr(user, name, getattr(wanted, name))
    user.has_scheduling, user.has_admin = (name in wanted.products for name in PRODUCTS)
    if is_new:
        user.set_unusable_password()
    user.save()
    user.role_assignments.exclude(role_id__in=wanted.roles).delete()
    for role, codes in wanted.roles.items():
        assignment, _made = RoleAssignment.objects.update_or_create(
            user=user, role_id=role, defaults={"is_for_all_departments": codes is None}
        )
        assignment.departments.set(Department.objects.filter(pk__in=codes or ()))


def facts_of(account: Account) -> dict[str, Any]:
    """What the audit shows of an account. Roles: code -> departments, or ``all``."""
    roles = {role: "all" if codes is None else sorted(codes) for role, codes in account.roles.items()}
    return asdict(account) | {"products": list(account.products), "roles": dict(sorted(roles.items()))}


def _audit(user: User, before: Account | None, wanted: Account, author: Author) -> None:
    after = facts_of(wanted)
    if before is None:
        changes = [user_change(user, ChangeLog.Action.CREATE, after=after)]
    else:
        old = facts_of(before)
        changes = [
            user_change(user, ChangeLog.Action.UPDATE, field=name, before=old[name], after=after[name])
            for name in after
            if old[name] != after[name]
        ]
    write_changes(changes, author=author)


def user_change(user: User, action: str, **values: Any) -> Change:
    """A row of the audit about a user."""
    return Change(action=action, record_type="user", record_id=str(user.pk), **values)
