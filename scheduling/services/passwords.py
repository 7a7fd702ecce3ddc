"""Changing a password. The audit says that it was changed and by whom, never what it was."""

from django.db import transaction

from scheduling.models import ChangeLog, User

from .audit import Author, Change, write_changes


@transaction.atomic
def change_password(user: User, password: str, *, author: Author) -> None:
    """Give `user` a new password (already validated by the form)."""
    user.set_password(password)
    user.save(update_fields=["password"])
    change = Change(
        action=ChangeLog.Action.UPDATE, record_type="user", record_id=str(user.pk), field="password"
    )
    write_changes([change], author=author)
