"""What the editor says: which field each error leads to, what was saved, what others saved meanwhile."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scheduling.domain.errors import DomainError
from scheduling.section_editor import Editor
from scheduling.section_inputs import InputGroup
from scheduling.section_versions import Since
from scheduling.services.sections import Saved


@dataclass(frozen=True, kw_only=True, slots=True)
class OverlapLine:
    """A field that two people changed, its three values in words."""

    name: str
    label: str
    before: str
    mine: str
    theirs: str


def anchored(errors: Iterable[DomainError], groups: Sequence[InputGroup]) -> list[tuple[str, str]]:
    """(id of the input, sentence) of each error; a blank id where it is about no single field."""
    ids = {one.field.name: one.id for group in groups for one in group.inputs}
    return [(ids.get(one.field, ""), one.message) for one in errors]


def overlap_lines(editor: Editor) -> list[OverlapLine]:
    """What the person has to choose between."""
    return [
        OverlapLine(
            name=one.name,
            label=editor.fields[one.name].label,
            before=editor.names.words(editor.fields[one.name], one.before),
            mine=editor.names.words(editor.fields[one.name], one.mine),
            theirs=editor.names.words(editor.fields[one.name], one.theirs),
        )
        for one in editor.overlaps
    ]


def listed_people(since: Since | None) -> str:
    """Who saved meanwhile: ``ada and bob``."""
    people = list(since.people) if since else []
    return " and ".join([", ".join(people[:-1]), people[-1]] if len(people) > 1 else people) or "Somebody"


def saved_words(editor: Editor, saved: Saved) -> tuple[str, list[str]]:
    """What was saved, and what the checks note about it."""
    labels = [one.label for one in editor.fields if one.name in saved.changed]
    section = str(editor.section)
    if not saved.changed:
        return f"{section}: nothing was changed, so nothing was saved.", []
    words = f"{section} is saved: {', '.join(labels)}."
    if editor.since is not None:
        theirs = sorted(editor.since.changed(editor.state.values) - set(saved.changed))
        kept = ", ".join(editor.fields[name].label for name in theirs if name in editor.fields)
        if kept:
            words += f" {listed_people(editor.since)} saved meanwhile: {kept}; that is kept."
    return words, list(dict.fromkeys(one.message for one in saved.findings))
