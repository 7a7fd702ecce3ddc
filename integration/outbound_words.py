"""A row of the outbound queue in words: its state, its pill, and what happens next where that is plain."""

from collections.abc import Mapping

from integration.models import OutboundChange
from integration.sis.port import ErrorClass
from scheduling.pills import Pill

State = OutboundChange.State
STATE_WORDS: Mapping[str, str] = {
    State.WAITING: "Waiting",
    State.SENDING: "Being sent",
    State.AWAITING: "Sent, not confirmed",
    State.PARKED: "Rejected or given up",
    State.DONE: "Nothing to send",
}
NEXT_OF_STATE: Mapping[str, str] = {
    State.PARKED: "Not by itself: when the section, the settings or what it lacks changes",
    State.SENDING: "Being sent now",
    State.AWAITING: "When an import shows it in the SIS",
    State.DONE: "Nothing to do",
}


def pill_of(row: OutboundChange) -> Pill:
    """The pill of an outbound row."""
    match State(row.state):
        case State.WAITING:
            return Pill(tone="grey", icon="circle", word="Waiting")
        case State.SENDING:
            return Pill(tone="blue", icon="running", word="Being sent")
        case State.AWAITING:
            return Pill(tone="blue", icon="running", word="Sent, not confirmed")
        case State.PARKED:
            is_refused = row.error_class == ErrorClass.VALIDATION.value
            return Pill(tone="red", icon="cross", word="Rejected" if is_refused else "Given up")
        case State.DONE:
            return Pill(tone="green", icon="check", word="Nothing to send")
