"""Writing sets of rules as rows: only what differs is written, and told as before and after."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Model

from phases.errors import RuleRefused
from phases.rules import ANY_FIELD

from .recording import UPDATE, RuleChange

Key = tuple[str, ...]
Changed = dict[Key, tuple[str | None, str | None]]


def put(
    model: type[Model], *, owner: Mapping[str, Any], keys: Key, value: str, wanted: Mapping[Key, str | None]
) -> Changed:
    """Make the rows of `owner` say what `wanted` says (None: no row); what it leaves out stays.

    `keys` and `value` are the columns of a rule. Returns key -> (before, after) of what changed.
    """
    rows = model._default_manager.filter(**owner)
    stands = {tuple(key): said for *key, said in rows.values_list(*keys, value)}
    changed = {key: (stands.get(key), said) for key, said in wanted.items() if stands.get(key) != said}
    for key, (before, after) in changed.items():
        at = dict(zip(keys, key, strict=True))
        if after is None:
            rows.filter(**at).delete()
        elif before is None:
            model._default_manager.create(**owner, **at, **{value: after})
        else:
            rows.filter(**at).update(**{value: after})
    return changed


def by_last_key(changed: Changed, *, record_type: str, record_id: str, prefix: str = "") -> list[RuleChange]:
    """A change a field (or action), before and after by role: ``{"SCHEDULER": "LOCKED"}``."""
    before: dict[str, dict[str, str | None]] = defaultdict(dict)
    after: dict[str, dict[str, str | None]] = defaultdict(dict)
    for (role, name), (was, said) in sorted(changed.items()):
        before[name][role], after[name][role] = was, said
    return [
        RuleChange(
            action=UPDATE,
            record_type=record_type,
            record_id=record_id,
            field=f"{prefix}{name}",
            before=before[name],
            after=after[name],
        )
        for name in sorted(before)
    ]


def check_fields(names: Iterable[str], known: Collection[str]) -> None:
    """Raise `RuleRefused` for a field that the catalogue does not have."""
    for name in sorted(set(names)):
        if name != ANY_FIELD and name not in known:
            raise RuleRefused(f"There is no field {name!r}.", "fields")


def check_roles(codes: Iterable[str]) -> None:
    """Lock the roles until the transaction ends: their rules are changed by one person after the other.

    Raises `RuleRefused` for a role that does not exist.
    """
    roles = apps.get_model("scheduling", "Role")._default_manager.select_for_update(no_key=True)
    known = set(roles.order_by("pk").values_list("pk", flat=True))
    for missing in sorted(set(codes) - known):
        raise RuleRefused(f"There is no role {missing!r}.", "role")
