"""An account in words: what a change of it does, and what has become of it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adminconsole.rule_choices import Choices, ChoicesForm
from adminconsole.settings_differences import Difference
from adminconsole.user_choices import EVERYWHERE, WHERE, departments_in
from scheduling.models import ChangeLog

LABELS: Mapping[str, str] = {
    "username": "Name to sign in with",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Email",
    "is_active": "Active",
    "product:scheduling": "Product Scheduling",
    "product:admin": "Product Admin",
}
EFFECTS: Mapping[tuple[str, bool], str] = {
    ("is_active", True): "May sign in again.",
    ("is_active", False): "Is signed out at once; tokens stop working. Nothing is deleted.",
    ("product:scheduling", True): "The schedule opens, as far as the roles show it.",
    ("product:scheduling", False): "The schedule is closed, whatever the roles.",
    ("product:admin", True): "The console opens, as far as the roles allow.",
    ("product:admin", False): "The console is closed, whatever the roles.",
}
AUDIT_LABELS: Mapping[str, str] = {
    "": "The account",
    "products": "Products",
    "roles": "Roles",
    "password": "Password",
    "api_token": "API token",
}
MOST_CHANGES = 20


def differences_of(form: ChoicesForm, roles: Mapping[str, str]) -> list[Difference]:
    """The changes of `form` in words; `roles`: code -> name."""
    return list(_differences(form, roles))


def _differences(form: ChoicesForm, roles: Mapping[str, str]) -> Iterator[Difference]:
    for key in form.changes:
        if key in LABELS:
            was, will = form.stands.get(key, ""), form.wanted.get(key, "")
            is_tick = (key, bool(will)) in EFFECTS
            yield Difference(
                key=key,
                label=LABELS[key],
                before=_yes(was) if is_tick else was or "blank",
                after=_yes(will) if is_tick else will or "blank",
                effect=EFFECTS.get((key, bool(will)), ""),
            )
    for code in roles:
        before, after = where_words(form.stands, code), where_words(form.wanted, code)
        if before != after:
            yield Difference(
                key=f"role:{code}",
                label=f"Role {roles[code]}",
                before=before,
                after=after,
                effect=_role_effect(form.wanted, code),
            )


def where_words(choices: Choices, role: str) -> str:
    """Where a role is held."""
    value = choices.get(f"role:{role}", "")
    if not value or value == EVERYWHERE:
        return WHERE[value]
    return ", ".join(departments_in(choices, role)) or "In no department"


def _role_effect(choices: Choices, role: str) -> str:
    value = choices.get(f"role:{role}", "")
    if not value:
        return "What only this role gave is gone at once."
    if value == EVERYWHERE:
        return "Counts at once in every department, those to come too."
    if not departments_in(choices, role):
        return "Held for no department, the role gives nothing; what it denies counts nevertheless."
    return "Counts at once in these departments."


def _yes(value: str) -> str:
    return "Yes" if value else "No"


# ---- what has become of it


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountChange:
    """One row of the record of changes."""

    at: dt.datetime
    who: str
    what: str
    before: str
    after: str
    reason: str


def changes_of(pk: int) -> Sequence[AccountChange]:
    """The last changes of an account, the newest first, in one query."""
    rows = ChangeLog.objects.filter(record_type="user", record_id=str(pk)).order_by("-id")[:MOST_CHANGES]
    return [_change(row) for row in rows]


def _change(row: ChangeLog) -> AccountChange:
    before, after = _value(row.before), _value(row.after)
    match row.field:
        case "":
            before, after = "", "made"
        case "password":
            before, after = "", "changed"
        case "api_token":
            before, after = "", "revoked" if row.before else "issued"
    return AccountChange(
        at=row.at,
        who=row.actor_name,
        what=AUDIT_LABELS.get(row.field) or LABELS.get(row.field, row.field),
        before=before,
        after=after,
        reason=row.reason,
    )


def _value(value: Any) -> str:
    match value:
        case bool():
            return "Yes" if value else "No"
        case list():
            return ", ".join(str(one).capitalize() for one in value) or "none"
        case dict():
            return "; ".join(f"{role} in {_places(codes)}" for role, codes in value.items()) or "none"
        case None | "":
            return ""
        case _:
            return str(value)


def _places(codes: object) -> str:
    if not isinstance(codes, list):
        return "all departments"
    return ", ".join(codes) or "no department"
