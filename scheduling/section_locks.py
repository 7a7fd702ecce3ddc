"""Locks as a page tells them: a sign at each locked field, and each reason once with all its fields."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduling.domain.fields import Field


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """One reason, and what it locks."""

    labels: tuple[str, ...]
    sentence: str


def grouped_locks(fields: Iterable[Field], locked: Mapping[str, str]) -> list[Lock]:
    """The reasons in `locked` (field -> sentence), each once, in the order of the fields.

    Sentences begin with the label of their field; what follows it is the same for many.
    """
    labels: dict[str, list[str]] = defaultdict(list)
    alone: dict[str, str] = {}
    for field in fields:
        sentence = locked.get(field.name)
        if sentence is None:
            continue
        reason = _plural(sentence.removeprefix(field.label).strip().removeprefix(f"{field.are} "))
        labels[reason].append(field.label)
        alone[reason] = sentence
    return [
        Lock(
            labels=tuple(names),
            sentence=alone[reason] if len(names) == 1 else f"{reason[:1].upper()}{reason[1:]}",
        )
        for reason, names in labels.items()
    ]


def _plural(reason: str) -> str:
    """The reason as it is told of several fields."""
    return reason.replace("may change it", "may change them").replace("it is changed", "they are changed")
