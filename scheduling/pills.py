"""States as the pages show them: icon and word, and a colour that says nothing alone (UI.md, Status pill)."""

from dataclasses import dataclass

from scheduling.integration_side import STATES
from scheduling.models import Section


@dataclass(frozen=True, kw_only=True, slots=True)
class Pill:
    """How a state is shown; `word` is for everybody.

    `tone`: a colour of the style sheet (grey, blue, green, amber, red). `icon`: a drawing of
    ``scheduling/pill.html`` (check, alert, pause, cross, running, circle).
    """

    tone: str
    icon: str
    word: str


_LOOKS = {
    "NOT_SYNCED": ("grey", "circle"),
    "ON_ITS_WAY": ("blue", "running"),
    "SYNCED": ("green", "check"),
    "HELD": ("amber", "pause"),
    "REJECTED": ("red", "cross"),
}


def integration_pill(state: str) -> Pill:
    """The pill of an integration state of CONTRACT.md."""
    tone, icon = _LOOKS[state]
    return Pill(tone=tone, icon=icon, word=STATES[state])


def section_pill(status: str) -> Pill:
    """The pill of a section's own status, active or cancelled."""
    if status == Section.Status.CANCELLED:
        return Pill(tone="grey", icon="cross", word="Cancelled")
    return Pill(tone="green", icon="check", word="Active")
