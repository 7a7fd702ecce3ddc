"""What the fake SIS is told to be, by the query of its ``SIS_URL`` (docs/reference/memory-sis.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

from .port import SENDABLE_TYPES, TERM_TYPES, BadSisUrl, Capabilities, Key, MergeType, Operation

CHOICES: Mapping[str, tuple[str, ...]] = {
    "order": ("courses_first", "sections_first"),
    "deletes": ("yes", "no"),
    "token": ("yes", "no"),
    "read_by_id": ("yes", "no"),
    "complete": ("proven", "yes", "no"),
    "read_only": ("no", "yes"),
    "temporary_number": ("no", "yes"),
}
"""The first of each is the default."""
KEY_SETS = {"unique": "client_ref", "search": "client_ref,natural_key"}
NUMBERS = ("late", "applies_later", "batch")
LISTS: Mapping[str, tuple[str, ...]] = {
    "reads": tuple(one.value for one in MergeType),
    "refuses": tuple(f"{one.value}.{op.value}" for one in SENDABLE_TYPES for op in Operation),
    "kinds": ("CROSSLIST", "LINKED"),
    "fields": (),
}
"""What may be listed, with commas; nothing here: any name."""
FREE = ("renders", "drops")
SECTIONS_FIRST = (MergeType.SECTIONS, MergeType.COURSES, MergeType.RELATIONSHIPS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The options by name. `keys`: those enforced and searchable; `numbers` and `lists`: what was given."""

    chosen: Mapping[str, str]
    keys: Mapping[str, frozenset[Key]]
    numbers: Mapping[str, int]
    lists: Mapping[str, frozenset[str]]
    renders: tuple[str, int] = ("", 0)
    drops: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "Options":
        """The options of a query; raises `BadSisUrl` with the sentence that says what may be written."""
        known = (*CHOICES, *KEY_SETS, *NUMBERS, *LISTS, *FREE)
        for name in given:
            if name not in known:
                raise BadSisUrl(f"SIS_URL has the option {name!r}; memory knows {', '.join(known)}.")
        chosen = {name: given.get(name, allowed[0]) for name, allowed in CHOICES.items()}
        for name, value in chosen.items():
            if value not in CHOICES[name]:
                raise BadSisUrl(f"{name}={value} in SIS_URL must be one of {', '.join(CHOICES[name])}.")
        field, _colon, length = given.get("renders", "").partition(":")
        if field and not length.isdecimal():
            raise BadSisUrl(f"renders={given['renders']} in SIS_URL must be FIELD:LENGTH, such as title:30.")
        return cls(
            chosen=chosen,
            keys={name: _keys(name, given.get(name, default)) for name, default in KEY_SETS.items()},
            numbers={name: _number(name, given[name]) for name in NUMBERS if name in given},
            lists={name: _list(name, given[name]) for name in LISTS if name in given},
            renders=(field, int(length or 0)),
            drops=given.get("drops", ""),
        )

    def capabilities(self) -> Capabilities:
        """What a SIS of this kind declares."""
        is_first = {name: value == CHOICES[name][0] for name, value in self.chosen.items()}
        return Capabilities(
            name="memory",
            order=TERM_TYPES if is_first["order"] else SECTIONS_FIRST,
            reads=frozenset(MergeType(one) for one in self.lists.get("reads", LISTS["reads"])),
            writes=self._writes() if is_first["read_only"] else {},
            writable_fields=self.lists.get("fields"),
            relationship_kinds=self.lists.get("kinds", frozenset(LISTS["kinds"])),
            can_read_by_id=is_first["read_by_id"],
            unique_keys=self.keys["unique"],
            search_keys=self.keys["search"],
            late_request_seconds=self.numbers.get("late"),
            applies_later_seconds=self.numbers.get("applies_later"),
            has_concurrency_token=is_first["token"],
            has_complete_snapshots=self.chosen["complete"] != "no",
            must_verify=bool(self.renders[0] or self.drops),
            allows_temporary_number=not is_first["temporary_number"],
            write_batch_size=self.numbers.get("batch", 100),
        )

    def _writes(self) -> dict[MergeType, frozenset[Operation]]:
        refused = set(self.lists.get("refuses", ())) | {"relationships.CANCEL"}
        if self.chosen["deletes"] == "no":
            refused.add("sections.DELETE")
        return {
            one: frozenset(op for op in Operation if f"{one.value}.{op.value}" not in refused)
            for one in SENDABLE_TYPES
        }


def _number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise BadSisUrl(f"{name}={text} in SIS_URL must be a whole number.")
    return int(text)


def _list(name: str, text: str) -> frozenset[str]:
    found = frozenset(text.split(",")) - {""}
    if LISTS[name] and (unknown := sorted(found - set(LISTS[name]))):
        raise BadSisUrl(f"{name} in SIS_URL names {unknown[0]!r}; it may list {', '.join(LISTS[name])}.")
    return found


def _keys(name: str, text: str) -> frozenset[Key]:
    if text == "none":
        return frozenset()
    try:
        return frozenset(Key(one) for one in text.split(","))
    except ValueError:
        allowed = ", ".join(key.value for key in Key)
        raise BadSisUrl(f"{name}={text} in SIS_URL must be of {allowed} (with commas), or none.") from None
