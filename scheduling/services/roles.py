"""Making, renaming and removing roles, audited. What a role may is a matter of `phases`."""

import re
import unicodedata

from django.db import transaction

from phases.delivered import ROLES
from scheduling.domain.errors import ActionRefused, InvalidValue, NotFound
from scheduling.models import ChangeLog, Role, RoleAssignment

from .audit import Author, Change, write_changes

LONGEST_NAME = 100
LONGEST_CODE = 30
RECORD_TYPE = "role"


@transaction.atomic
def create_role(name: str, *, author: Author) -> str:
    """Make a role that may do nothing yet; returns its code. Raises `InvalidValue`."""
    name = role_name(name)
    code = _free_code(name)
    Role.objects.create(code=code, name=name)
    change = Change(
        action=ChangeLog.Action.CREATE, record_type=RECORD_TYPE, record_id=code, after={"name": name}
    )
    write_changes([change], author=author)
    return code


@transaction.atomic
def rename_role(code: str, name: str, *, author: Author) -> None:
    """Call a role differently; its code stays. Raises `NotFound`, `InvalidValue`."""
    role = Role.objects.select_for_update(no_key=True).filter(pk=code).first()
    if role is None:
        raise NotFound(f"There is no role {code!r} any more.")
    before, role.name = role.name, role_name(name, code)
    if role.name == before:
        return
    role.save(update_fields=["name"])
    change = Change(
        action=ChangeLog.Action.UPDATE,
        record_type=RECORD_TYPE,
        record_id=code,
        field="name",
        before=before,
        after=role.name,
    )
    write_changes([change], author=author)


def why_role_stays(role: Role) -> str:
    """Why a role cannot be removed; blank: it can."""
    if role.pk in ROLES:
        return f"{role.name} is delivered with Tandem and stays; what it may can be changed."
    held = RoleAssignment.objects.filter(role=role).order_by("user__username")
    if names := list(held.values_list("user__username", flat=True)):
        return f"{role.name} is held by {', '.join(names)}; take it from them under Users first."
    return ""


@transaction.atomic
def remove_role(code: str, *, author: Author) -> None:
    """Remove a role that nobody holds, with all its rules. Raises `NotFound`, `ActionRefused`."""
    role = Role.objects.select_for_update().filter(pk=code).first()
    if role is None:
        raise NotFound(f"There is no role {code!r} any more.")
    if why := why_role_stays(role):
        raise ActionRefused(why)
    before = {"name": role.name}
    role.delete()
    change = Change(action=ChangeLog.Action.DELETE, record_type=RECORD_TYPE, record_id=code, before=before)
    write_changes([change], author=author)


def role_name(name: str, code: str = "") -> str:
    """What a role (`code` blank: a new one) may be called. Raises `InvalidValue`."""
    name = name.strip()
    if not name:
        raise InvalidValue("A role needs a name.", "name")
    if len(name) > LONGEST_NAME:
        raise InvalidValue(f"Write at most {LONGEST_NAME} characters.", "name")
    taken = Role.objects.filter(name__iexact=name).exclude(pk=code).first()
    if taken is not None:
        raise InvalidValue(f"There is a role called {taken.name} already.", "name")
    return name


def _free_code(name: str) -> str:
    """A code of capitals, made from the name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    code = re.sub(r"[^A-Z0-9]+", "_", plain).strip("_")[:LONGEST_CODE] or "ROLE"
    taken = set(Role.objects.values_list("pk", flat=True))
    number = 2
    found = code
    while found in taken:
        found, number = f"{code}_{number}", number + 1
    return found
