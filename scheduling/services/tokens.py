"""Keys for the API. A key is returned once and kept nowhere; the audit says that it was made or revoked."""

from django.db import transaction

from scheduling.domain.errors import NotFound
from scheduling.models import ApiToken, ChangeLog, User

from .account_guards import check_may_touch, locked_user
from .accounts import user_change
from .audit import Author, write_changes


@transaction.atomic
def issue_token(user: User, *, author: Author) -> str:
    """A new API token for `user`; returns its key. Raises `ActionRefused`."""
    user = locked_user(user.pk, author)
    check_may_touch(user, author)
    key = ApiToken.issue(user)
    write_changes([user_change(user, ChangeLog.Action.UPDATE, field="api_token")], author=author)
    return key


@transaction.atomic
def revoke_token(user: User, token_id: int, *, author: Author) -> None:
    """Make a token of `user` invalid at once. Raises `ActionRefused`, `NotFound`."""
    user = locked_user(user.pk, author)
    check_may_touch(user, author)
    token = ApiToken.objects.filter(pk=token_id, user=user).first()
    if token is None:
        raise NotFound("This token is revoked already.")
    before = token.created_at.isoformat()
    token.delete()
    change = user_change(user, ChangeLog.Action.UPDATE, field="api_token", before=before)
    write_changes([change], author=author)
