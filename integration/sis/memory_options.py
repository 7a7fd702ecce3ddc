"""What the fake SIS is told to be, by the query of its ``SIS_URL`` (docs/reference/memory-sis.md)."""

from collections.abc import Mapping
from dataclasses import dataclass

from .port import TERM_TYPES, BadSisUrl, Capabilities, Key, MergeType, Operation

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
SECONDS = ("late", "applies_later")
FREE = ("renders", "drops")
SECTIONS_FIRST = (MergeType.SECTIONS, MergeType.COURSES, MergeType.RELATIONSHIPS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    """The options by name. `keys` are the enforced and the searchable ones, `seconds` the given numbers."""

    chosen: Mapping[str, str]
    keys: Mapping[str, frozenset[Key]]
    seconds: Mapping[str, int]
    renders: tuple[str, int] = ("", 0)
    drops: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> "Options":
        """The options of a query; raises `BadSisUrl` with the sentence that says what may be written."""
        known = (*CHOICES, *KEY_SETS, *SECONDS, *FREE)
        for name in given:
            if name not in known:
                raise BadSisUrl(f"SIS_URL has the option {name!r}; memory knows {', '.join(known)}.")
        chosen = {name: given.get(name, allowed[0]) for name, allowed in CHOICES.items()}
        for name, value in chosen.items():
            if value not in CHOICES[name]:
                raise BadSisUrl(f"{name}={value} in SIS_URL must be one of {', '.join(CHOICES[name])}.")
        for name in SECONDS:
            if name in given and not given[name].isdecimal():
                raise BadSisUrl(f"{name}={given[name]} in SIS_URL must be a number of seconds.")
        field, _colon, length = given.get("renders", "").partition(":")
        if field and not length.isdecimal():
            raise BadSisUrl(f"renders={given['renders']} in SIS_URL must be FIELD:LENGTH, such as title:30.")
        return cls(
            chosen=chosen,
            keys={name: _keys(name, given.get(name, default)) for name, default in KEY_SETS.items()},
            seconds={name: int(given[name]) for name in SECONDS if name in given},
            renders=(field, int(length or 0)),
            drops=given.get("drops", ""),
        )

    def capabilities(self) -> Capabilities:
        """What a SIS of this kind declares."""
        chosen = self.chosen
        sections = set(Operation) - ({Operation.DELETE} if chosen["deletes"] == "no" else set())
        groups = {Operation.CREATE, Operation.UPDATE, Operation.DELETE}
        is_read_only = chosen["read_only"] == "yes"
        return Capabilities(
            name="memory",
            order=SECTIONS_FIRST if chosen["order"] == "sections_first" else TERM_TYPES,
            writes={}
            if is_read_only
            else {MergeType.SECTIONS: frozenset(sections), MergeType.RELATIONSHIPS: frozenset(groups)},
            relationship_kinds=frozenset({"CROSSLIST", "LINKED"}),
            can_read_by_id=chosen["read_by_id"] == "yes",
            unique_keys=self.keys["unique"],
            search_keys=self.keys["search"],
            late_request_seconds=self.seconds.get("late"),
            applies_later_seconds=self.seconds.get("applies_later"),
            has_concurrency_token=chosen["token"] == "yes",
            has_complete_snapshots=chosen["complete"] != "no",
            must_verify=bool(self.renders[0] or self.drops),
            allows_temporary_number=chosen["temporary_number"] == "yes",
        )


def _keys(name: str, text: str) -> frozenset[Key]:
    if text == "none":
        return frozenset()
    try:
        return frozenset(Key(one) for one in text.split(","))
    except ValueError:
        allowed = ", ".join(key.value for key in Key)
        raise BadSisUrl(f"{name}={text} in SIS_URL must be of {allowed} (with commas), or none.") from None
