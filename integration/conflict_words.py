"""A conflict in words: of what kind it is, what stands on the sides of a whole record, what became of it."""

from collections.abc import Mapping

from integration.choice_words import ChoiceWords
from integration.models import Conflict
from integration.resolving import Choice
from integration.rule_words import RULE_WORDS, rule_in_words
from scheduling.pills import Pill

Kind, Status = Conflict.Kind, Conflict.Status
WHOLE = "Whole record"
COVERED = (
    "The SIS changed {label} in the seconds between Tandem's reading and Tandem's writing, so Tandem wrote "
    "over it unseen. The SIS shows Tandem's value now; which of the two stays is for a person to decide."
)
KIND_WORDS: Mapping[str, str] = {
    Kind.FIELD: "Both sides changed it",
    Kind.SEMANTIC: "Together they would break a rule",
    Kind.FIGHT: "The SIS keeps changing it back",
    Kind.COVERED: "Changed in the SIS while Tandem wrote it",
    Kind.REMOVAL: "Removed on one side, edited on the other",
    Kind.ENROLLED: "Removed in Tandem, students enrolled in the SIS",
    Kind.AMBIGUOUS: "Several records of the SIS could be it",
    Kind.NUMBER: "Section numbers wait for each other",
}


def sentence_of(one: Conflict, label: str) -> str:
    """Why a person has to decide."""
    if one.kind == Kind.COVERED:
        return COVERED.format(label=label)
    return rule_in_words(one.rule, label=label) if one.rule in RULE_WORDS else f"{KIND_WORDS[one.kind]}."


def is_our_removal(one: Conflict) -> bool:
    """Whether the record was removed in Tandem: then the SIS's values were kept and ours are none."""
    return one.kind == Kind.ENROLLED or (one.kind == Kind.REMOVAL and one.ours is None)


def whole_values(one: Conflict) -> dict[str, str]:
    """The three sides of a record as a whole, in words."""
    if one.kind == Kind.AMBIGUOUS:
        candidates = " or ".join(one.theirs or ())
        return {"base": "Not in the SIS", "ours": "Created; the answer was lost", "theirs": candidates}
    if one.kind == Kind.ENROLLED:
        return {"base": "In both", "ours": "Removed", "theirs": f"There, {_enrolled(one)} enrolled"}
    if is_our_removal(one):
        return {"base": "In both", "ours": "Removed", "theirs": "There, and edited"}
    return {"base": "In both", "ours": "There, and edited", "theirs": "Removed"}


def _enrolled(one: Conflict) -> str:
    return str((one.theirs or {}).get("enrollment") or "students")


def pill_of(one: Conflict) -> Pill:
    """The pill of a conflict."""
    if one.status == Status.OPEN:
        return Pill(tone="amber", icon="pause", word="Waits for a person")
    if one.status == Status.GONE:
        return Pill(tone="grey", icon="circle", word="Settled by itself")
    return Pill(tone="green", icon="check", word="Settled")


def outcome_of(one: Conflict, choices: tuple[ChoiceWords, ChoiceWords]) -> str:
    """What became of it, for one that is over."""
    if one.status == Status.OPEN:
        return ""
    if one.status == Status.GONE:
        return "A later merge found that the sides no longer differ."
    if one.kind == Kind.AMBIGUOUS and one.resolution == Choice.THEIRS:
        return "It is one of them."
    taken = choices[0] if one.resolution == Choice.OURS else choices[1]
    words = {"Keep Tandem's": "Tandem's was kept", "Take the SIS's": "The SIS's was taken"}
    return f"{words.get(taken.button, taken.button)}."
