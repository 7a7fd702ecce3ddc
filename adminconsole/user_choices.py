"""An account as choices on a form, and back: who it is, its products, and its roles with their departments.

``role:CODE`` is blank, `EVERYWHERE` or `SOMEWHERE`; then ``in:CODE:DEPARTMENT`` is there for each department.
"""

from collections.abc import Collection, Mapping

from adminconsole.rule_choices import Choices
from scheduling.services.accounts import PRODUCTS, Account

EVERYWHERE, SOMEWHERE = "all", "some"
WHERE: Mapping[str, str] = {
    "": "Not held",
    EVERYWHERE: "In all departments",
    SOMEWHERE: "In those ticked below",
}
LONGEST: Mapping[str, int] = {"username": 150, "first_name": 150, "last_name": 150, "email": 254}
"""So many characters the parts have at most."""
TICKS = ("is_active", *(f"product:{one}" for one in PRODUCTS))
ON = "on"


def choices_of(account: Account) -> dict[str, str]:
    """The account as it stands."""
    found = {name: getattr(account, name) for name in LONGEST}
    found["is_active"] = ON if account.is_active else ""
    found |= {f"product:{one}": ON if one in account.products else "" for one in PRODUCTS}
    for role, codes in account.roles.items():
        found[f"role:{role}"] = EVERYWHERE if codes is None else SOMEWHERE
        found |= {f"in:{role}:{code}": ON for code in sorted(codes or ())}
    return found


def account_of(choices: Choices) -> Account:
    """The account that `choices` are."""
    held = {
        key.removeprefix("role:"): value
        for key, value in choices.items()
        if key.startswith("role:") and value
    }
    return Account(
        **{name: choices.get(name, "") for name in LONGEST},
        is_active=bool(choices.get("is_active")),
        products=tuple(one for one in PRODUCTS if choices.get(f"product:{one}")),
        roles={
            role: None if value == EVERYWHERE else frozenset(departments_in(choices, role))
            for role, value in held.items()
        },
    )


def departments_in(choices: Choices, role: str) -> list[str]:
    """The departments that are ticked for a role, in order."""
    start = f"in:{role}:"
    return sorted(
        key.removeprefix(start) for key, value in choices.items() if key.startswith(start) and value
    )


def posted(
    data: Mapping[str, str], seen: Choices, *, roles: Collection[str], departments: Collection[str]
) -> dict[str, str]:
    """What the form sent. Ticking departments of a role without choosing where it is held means these."""
    sent = {name: data.get(name, seen.get(name, "")).replace("\x00", "").strip() for name in LONGEST}
    sent |= {name: ON if name in data else "" for name in TICKS}
    for role in roles:
        was, key = seen.get(f"role:{role}", ""), f"role:{role}"
        where = data.get(key, was)
        ticked = [code for code in departments if f"in:{role}:{code}" in data]
        if ticked and where == was:
            where = SOMEWHERE
        sent[key] = where if where in WHERE else was
        if sent[key] == SOMEWHERE:
            sent |= {f"in:{role}:{code}": ON for code in ticked}
    return sent
