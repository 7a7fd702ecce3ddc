"""Words and pills that the items of the overview share."""

from integration.models import MergeRun
from integration.run_words import title_of
from scheduling.pills import Pill


def red(word: str) -> Pill:
    """The pill of what is broken."""
    return Pill(tone="red", icon="cross", word=word)


def amber(word: str, icon: str = "pause") -> Pill:
    """The pill of what waits for somebody."""
    return Pill(tone="amber", icon=icon, word=word)


def wait(number: int) -> str:
    """The verb for so many things."""
    return "waits" if number == 1 else "wait"


def goes(number: int) -> str:
    """The verb for so many things."""
    return "goes" if number == 1 else "go"


def title_of_run(run: MergeRun) -> str:
    """What a run was of (its term loaded)."""
    return title_of(run.merge_type, str(run.term) if run.term else "")
