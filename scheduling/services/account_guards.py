"""Who may change an account. Where nobody is named (a command on the server), everything may be changed."""

from phases.rules import Permission
from scheduling.domain.errors import ActionRefused, NotFound
from scheduling.models import User
from scheduling.visibility import viewer_for

from .audit import Author

NO_ADMIN = "Users are managed with the Admin product, which your account does not include."
OWN_RIGHT = (
    "You would take away your own right to manage users, and could not give it back. "
    "Somebody else who has it can do this for you."
)


def lock_users(*ids: int | None) -> dict[int, User]:
    """The users by id, whom nobody else changes until the transaction ends. Always locked in one order."""
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=[one for one in ids if one])
    return {one.pk: one for one in rows.order_by("pk")}


def locked_user(pk: int, author: Author) -> User:
    """The user, locked together with the author.

    Two people who take each other's rights away wait for one another; the second is then refused. Raises
    `NotFound`.
    """
    found = lock_users(pk, author.user.pk if author.user is not None else None).get(pk)
    if found is None:
        raise NotFound("There is no such user any more.")
    return found


def check_may_touch(user: User, author: Author) -> None:
    """Raise `ActionRefused` unless the author may manage users, and this one.

    What the author may is read anew: it may have changed since the page was opened.
    """
    if author.user is None:
        return
    acting = User.objects.get(pk=author.user.pk)
    if not acting.has_admin:
        raise ActionRefused(NO_ADMIN)
    if not can_manage_users(acting):
        viewer = viewer_for(acting)
        raise ActionRefused(viewer.rights.permission(viewer, Permission.MANAGE_USERS).reason)
    if why := why_untouchable(user, acting):
        raise ActionRefused(why)


def why_untouchable(user: User, acting: User) -> str:
    """Why `acting` may not change this account, its password and tokens at all; blank: no such reason."""
    if not (user.is_staff or user.is_superuser) or acting.is_superuser:
        return ""
    return (
        f"{user.username} has an account of Django's administration. Only a superuser may change it, its "
        "password and its tokens."
    )


def can_manage_users(user: User) -> bool:
    """Whether somebody manages users: the permission for the whole institution, and a way to the pages."""
    if not user.is_active or not user.has_admin:
        return False
    return viewer_for(user).departments(Permission.MANAGE_USERS) is None


def check_keeps_own_right(user: User, author: Author) -> None:
    """Raise `ActionRefused` where people who changed themselves could manage users no more."""
    if author.user is not None and user.pk == author.user.pk and not can_manage_users(user):
        raise ActionRefused(OWN_RIGHT)
