"""What each choice of a conflict means: what happens here, what the SIS gets, what cannot be, and why."""

from dataclasses import dataclass
from typing import assert_never

from integration.models import Conflict
from integration.resolving import Choice
from integration.settings_rules import PLURAL
from integration.sis.port import MergeType

Kind = Conflict.Kind
NEXT = "with the next delivery or merge that sends"
NOTHING_SENT = "Nothing is sent."
BACK = "The {noun} comes back with the next import, under the id it had."
NOUNS = {MergeType.SECTIONS.value: "section", MergeType.RELATIONSHIPS.value: "group"}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceWords:
    """One way out of a conflict. `problem`: why it is not possible (blank: it is).

    `asks`: what else has to be said with it, blank for nothing.
    """

    choice: Choice
    button: str
    here: str = ""
    sent: str = ""
    problem: str = ""
    asks: str = ""


def choices_of(
    conflict: Conflict, *, label: str, ours: str, theirs: str, is_our_removal: bool
) -> tuple[ChoiceWords, ChoiceWords]:
    """Both ways out, Tandem's first.

    `label`: what the field is called; `ours` and `theirs`: the two values in words; `is_our_removal`: the
    record was removed in Tandem, not in the SIS.
    """
    noun = NOUNS.get(conflict.link.merge_type, "record")
    match Kind(conflict.kind):
        case Kind.FIELD | Kind.SEMANTIC | Kind.FIGHT | Kind.COVERED:
            return _field(conflict, label, ours, theirs)
        case Kind.NUMBER:
            return _number(conflict.note, label, theirs)
        case Kind.AMBIGUOUS:
            return _ambiguous(noun)
        case Kind.ENROLLED:
            return _enrolled(noun)
        case Kind.REMOVAL:
            return _our_removal(noun) if is_our_removal else _their_removal(noun)
        case kind:
            assert_never(kind)


def _field(conflict: Conflict, label: str, ours: str, theirs: str) -> tuple[ChoiceWords, ChoiceWords]:
    stays, becomes = ("stay", "become") if conflict.field in PLURAL else ("stays", "becomes")
    gets, again, back = f"Gets “{ours}” {NEXT}", "", NOTHING_SENT
    if conflict.kind == Kind.FIGHT:
        again = " If the SIS changes it back three more times, it is held again."
    elif conflict.kind == Kind.COVERED:  # the SIS shows ours: we wrote it over theirs
        gets, back = f"{gets}, unless it shows that already", f"Gets “{theirs}” back {NEXT}."
    return (
        ChoiceWords(
            choice=Choice.OURS,
            button="Keep Tandem's",
            here=f"{label} {stays} “{ours}”.",
            sent=f"{gets}.{again}",
        ),
        ChoiceWords(
            choice=Choice.THEIRS,
            button="Take the SIS's",
            here=f"{label} {becomes} “{theirs}”.",
            sent=back,
        ),
    )


def _number(note: str, label: str, theirs: str) -> tuple[ChoiceWords, ChoiceWords]:
    return (
        ChoiceWords(choice=Choice.OURS, button="Keep Tandem's", problem=f"Not possible as it stands: {note}"),
        ChoiceWords(
            choice=Choice.THEIRS,
            button="Take the SIS's",
            here=f"{label} becomes “{theirs}”, and the ring of numbers is broken.",
            sent=NOTHING_SENT,
        ),
    )


def _ambiguous(noun: str) -> tuple[ChoiceWords, ChoiceWords]:
    return (
        ChoiceWords(
            choice=Choice.OURS,
            button="It is none of them",
            here=f"The {noun} stays as it is.",
            sent=f"It is created once more, under a new reference, {NEXT}.",
        ),
        ChoiceWords(
            choice=Choice.THEIRS,
            button="It is the record chosen above",
            here=f"The {noun} is linked to that record of the SIS.",
            sent=f"No second one is created; what differs is sent {NEXT}.",
            asks="which record of the SIS it is",
        ),
    )


def _have_it_back(noun: str) -> ChoiceWords:
    return ChoiceWords(
        choice=Choice.THEIRS, button="Have it back", here=BACK.format(noun=noun), sent=NOTHING_SENT
    )


def _enrolled(noun: str) -> tuple[ChoiceWords, ChoiceWords]:
    return (
        ChoiceWords(
            choice=Choice.OURS,
            button="Remove it in the SIS too",
            problem="Not possible: students are enrolled in the SIS, and a section with students is never "
            "removed from here. Have it back, or have the students moved in the SIS first.",
        ),
        _have_it_back(noun),
    )


def _our_removal(noun: str) -> tuple[ChoiceWords, ChoiceWords]:
    return (
        ChoiceWords(
            choice=Choice.OURS,
            button="Remove it in the SIS too",
            here=f"The {noun} stays removed.",
            sent=f"It is removed {NEXT}; what was edited there is given up.",
        ),
        _have_it_back(noun),
    )


def _their_removal(noun: str) -> tuple[ChoiceWords, ChoiceWords]:
    return (
        ChoiceWords(
            choice=Choice.OURS,
            button="Keep it",
            here=f"The {noun} stays, with what was edited here.",
            sent=f"It is created anew, under a new id, {NEXT}.",
        ),
        ChoiceWords(
            choice=Choice.THEIRS,
            button="Let it go",
            here=f"The next import removes the {noun}, as Merge Settings say; what was edited here "
            "is given up and stays in the record of changes.",
            sent=NOTHING_SENT,
        ),
    )
