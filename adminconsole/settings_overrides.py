"""Single sections with a source of truth of their own, as the page of their type lists them."""

from collections.abc import Mapping
from dataclasses import dataclass

from adminconsole.settings_choices import Choices, override_of
from scheduling.domain.fields import Catalogue


@dataclass(frozen=True, kw_only=True, slots=True)
class Override:
    """One field of one section with a source of truth of its own. `section`: what it is called, if known."""

    key: str
    sis_id: str
    section: str
    field: str
    source: str


def override_rows(choices: Choices, catalogue: Catalogue, names: Mapping[str, str]) -> list[Override]:
    """The record overrides, by SIS id; `names`: SIS id -> the section's label."""
    rows = []
    for key, source in choices.items():
        if key.startswith("override:"):
            sis_id, name = override_of(key)
            label = catalogue[name].label if name in catalogue else name
            rows.append(
                Override(
                    key=key, sis_id=sis_id, section=names.get(sis_id, ""), field=label, source=str(source)
                )
            )
    return sorted(rows, key=lambda one: (one.sis_id, one.field))
