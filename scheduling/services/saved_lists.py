"""The lists of sections that somebody keeps under a name. They are of no term: next year's opens the same."""

from django.db import transaction

from scheduling.domain.errors import InvalidValue
from scheduling.domain.values import is_storable
from scheduling.models import ChangeLog, User

from .audit import Author, Change, write_changes

LONGEST_NAME = 40
LONGEST_QUERY = 1000
MOST = 20


@transaction.atomic
def save_list(name: str, query: str, *, author: Author) -> None:
    """Keep the list at the address `query` (from its question mark on) for the author; one name, one list.

    Raises `InvalidValue`.
    """
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not is_storable(name):
        raise InvalidValue(f"Give the list a name of up to {LONGEST_NAME} letters.")
    if len(query) > LONGEST_QUERY or not is_storable(query):
        raise InvalidValue("This list has too many conditions to be kept; remove some.")
    user, before = _locked(author)
    after = [one for one in before if one["name"] != name]
    if len(after) >= MOST:
        raise InvalidValue(f"You keep {MOST} lists already; forget one first.")
    after = sorted([*after, {"name": name, "query": query}], key=lambda one: one["name"].casefold())
    _write(user, before, after, author)


@transaction.atomic
def forget_list(name: str, *, author: Author) -> None:
    """Keep the author's list called `name` no longer; nothing where there is none."""
    user, before = _locked(author)
    _write(user, before, [one for one in before if one["name"] != name], author)


def _locked(author: Author) -> tuple[User, list[dict[str, str]]]:
    if author.user is None:
        raise InvalidValue("A list is kept for somebody; sign in first.")
    user = User.objects.select_for_update(no_key=True).get(pk=author.user.pk)
    return user, list(user.saved_lists)


def _write(user: User, before: list[dict[str, str]], after: list[dict[str, str]], author: Author) -> None:
    if after == before:
        return
    user.saved_lists = after
    user.save(update_fields=["saved_lists"])
    change = Change(
        action=ChangeLog.Action.UPDATE,
        record_type="user",
        record_id=str(user.pk),
        field="saved_lists",
        before=before,
        after=after,
    )
    write_changes([change], author=author)
