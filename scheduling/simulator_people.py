"""Whose rights the phase simulator looks at: one's own, or those of whom an administrator names."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest

from phases.policy import Actor, Permission
from scheduling.asking import asked, asked_choice
from scheduling.models import Department, Role, User
from scheduling.selectors import actor_for
from scheduling.visibility import Viewer


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """Whose rights are looked at. `value`: in the address, blank for oneself."""

    value: str
    name: str
    actor: Actor
    department: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """Whom one may choose."""

    users: Sequence[User] = ()
    roles: Sequence[Role] = ()
    departments: Sequence[Department] = ()

    @property
    def role_choices(self) -> list[tuple[str, str]]:
        """The roles as the address and the page call them."""
        return [(f"role:{one.pk}", one.name) for one in self.roles]

    @property
    def user_choices(self) -> list[tuple[str, str]]:
        """The users as the address and the page call them."""
        return [
            (f"user:{one.pk}", f"{one.username} ({full})" if (full := one.get_full_name()) else one.username)
            for one in self.users
        ]


LOOKERS = (Permission.EDIT_PHASES, Permission.EDIT_ROLES, Permission.MANAGE_USERS)


def may_look_at_others(user: User, viewer: Viewer) -> bool:
    """Whether somebody sees who has which rights in the console too, for the whole institution."""
    return user.has_admin and any(viewer.departments(one) is None for one in LOOKERS)


def people_for(user: User, viewer: Viewer) -> People:
    """All users and roles for who may look at others, nobody else for the rest."""
    if not may_look_at_others(user, viewer):
        return People()
    users = User.objects.filter(is_active=True, has_scheduling=True).order_by("username")
    return People(
        users=list(users),
        roles=list(Role.objects.order_by("name")),
        departments=list(Department.objects.all()),
    )


def asked_who(request: HttpRequest, mine: Actor, people: People) -> Who:
    """``?who=user:ID`` or ``?who=role:CODE``, a role in ``?department=``; oneself without."""
    value = asked(request, "who")
    if not value or not people.roles:
        return Who(value="", name="You", actor=mine)
    kind, _colon, key = value.partition(":")
    for one in people.users if kind == "user" else ():
        if str(one.pk) == key:
            return Who(value=value, name=one.get_full_name() or one.username, actor=actor_for(one))
    for role in people.roles if kind == "role" else ():
        if role.pk == key:
            codes = [one.pk for one in people.departments]
            code = asked_choice(request, "department", codes, what="The department")
            held = frozenset([code]) if code else None
            name = f"Somebody with the role {role.name}" + (f" for {code}" if code else "")
            return Who(
                value=value, name=name, actor=Actor(name=role.name, roles=((key, held),)), department=code
            )
    messages.warning(request, "There is no such user or role; these are your own rights.")
    return Who(value="", name="You", actor=mine)
