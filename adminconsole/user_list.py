"""The list of users: what it is narrowed to, and each in one line."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from scheduling.models import RoleAssignment, User
from scheduling.paging import Ordering, Page, page_of
from scheduling.services.accounts import PRODUCTS

ACTIVE, INACTIVE, ALL = "", "inactive", "all"
STATES = {ACTIVE: "Active", INACTIVE: "Not active", ALL: "All"}
BY_NAME = Ordering(keys=(("username", ""),))


@dataclass(frozen=True, kw_only=True, slots=True)
class UserFilters:
    """What the list is narrowed to; blank: not, but for inactive people, who are left out."""

    words: str = ""
    role: str = ""
    department: str = ""
    state: str = ACTIVE

    @property
    def is_any(self) -> bool:
        """Whether the list is narrowed by choice."""
        return bool(self.words or self.role or self.department or self.state)

    def rows(self) -> QuerySet[User]:
        """The users that fit. Who holds a role for all departments holds it in each."""
        fits = Q()
        for word in self.words.split():
            fits &= (
                Q(username__icontains=word)
                | Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(email__icontains=word)
            )
        if self.state != ALL:
            fits &= Q(is_active=self.state == ACTIVE)
        held = RoleAssignment.objects.filter(user=OuterRef("pk"))
        if self.role:
            held = held.filter(role=self.role)
        if self.department:
            held = held.filter(Q(is_for_all_departments=True) | Q(departments=self.department))
        if self.role or self.department:
            fits &= Q(Exists(held))
        return User.objects.filter(fits)


@dataclass(frozen=True, kw_only=True, slots=True)
class UserLine:
    """One user in one line."""

    user: User
    products: str
    roles: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class UserList:
    """A page of users, its cursors, and how many fit."""

    lines: Sequence[UserLine]
    total: int
    next: str = ""
    previous: str = ""


def user_list(filters: UserFilters, cursor: str = "") -> UserList:
    """The users by name, in three queries. Raises `BadCursor`."""
    rows = filters.rows()
    held = "role_assignments__departments"
    page: Page[User] = page_of(
        rows.prefetch_related("role_assignments__role", held), BY_NAME, cursor, whole=rows
    )
    return UserList(
        lines=[_line(one) for one in page.rows],
        total=page.total,
        next=page.next,
        previous=page.previous,
    )


def _line(user: User) -> UserLine:
    products = [one.capitalize() for one in PRODUCTS if getattr(user, f"has_{one}")]
    return UserLine(
        user=user,
        products=", ".join(products) or "none",
        roles=[_held(one) for one in user.role_assignments.all()],
    )


def _held(one: RoleAssignment) -> str:
    if one.is_for_all_departments:
        return f"{one.role}: all departments"
    return f"{one.role}: {', '.join(str(each) for each in one.departments.all()) or 'no department'}"
