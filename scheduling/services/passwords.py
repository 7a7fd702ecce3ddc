"""Passwords. The audit says that one was changed and by whom, never what it was."""

from django.db import transaction

from scheduling.models import ChangeLog, User

from .account_guards import check_may_touch, locked_user
from .accounts import user_change
from .audit import Author, write_changes


@transaction.atomic
def change_password(user: User, password: str, *, author: Author) -> None:
    """Give `user`, who asks for it, a new password (already validated by the form)."""
    _set(user, password, author)


@transaction.atomic
def set_password(user: User, password: str, *, author: Author, is_told: bool = True) -> None:
    """Give somebody else a password (already validated); their sessions end.

    `is_told`: the audit has a row of it; not where the user is made at this moment. Raises `ActionRefused`.
    """
    user = locked_user(user.pk, author)
    check_may_touch(user, author)
    _set(user, password, author, is_told=is_told)


def _set(user: User, password: str, author: Author, *, is_told: bool = True) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    if is_told:
        write_changes([user_change(user, ChangeLog.Action.UPDATE, field="password")], author=author)
