"""What a plan does in words and in pictures: actions, states of rows, and the parts of the plan bar."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from integration.models import Plan, PlanRow
from integration.sis.port import SENDABLE_TYPES

Action, Side, State = PlanRow.Action, PlanRow.Side, PlanRow.State
BAR_WIDTH = 1000
NARROWEST = 6
"""What is there at all can be seen in the bar."""

_DEEDS = {
    Action.CREATE: ("create in", "created in", "green"),
    Action.UPDATE: ("change in", "changed in", "blue"),
    Action.CANCEL: ("cancel in", "cancelled in", "red"),
    Action.DELETE: ("remove from", "removed from", "red"),
}
_PLACES = {Side.LOCAL: "Tandem", Side.SIS: "the SIS"}
_NOTES = {
    Action.HOLD: ("Held for a person", "amber"),
    Action.AGREE: ("Nothing to change", "grey"),
    Action.MISSING: ("Not shown by the SIS", "grey"),
}


def action_words(side: str, action: str, merge_type: str) -> tuple[str, str]:
    """What happens to a record, for people, and its tone: ``("Cancel in the SIS", "red")``."""
    if action in _NOTES:
        return _NOTES[Action(action)]
    if action == Action.DELETE and merge_type not in SENDABLE_TYPES:
        return "Make inactive in Tandem", "red"
    todo, _done, tone = _DEEDS[Action(action)]
    return f"{todo.capitalize()} {_PLACES[Side(side)]}", tone


def state_words(row: PlanRow, *, plan_status: str) -> str:
    """What became of a row, where that is not plain from its plan: blank while it is only planned."""
    match row.state:
        case State.STALE:
            return "Not done: it changed after the plan was made"
        case State.DECLINED:
            return "Not approved"
        case State.PLANNED if plan_status == Plan.Status.APPLIED and row.side == Side.SIS:
            return "Not sent yet"
        case _:
            return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One part of the plan bar; `start` and `width` are of 1000. `side` and `action` choose its rows."""

    word: str
    number: int
    tone: str
    start: int
    width: int
    side: str = ""
    action: str = ""

    @property
    def shown(self) -> str:
        """The number as people write it: ``1,951``."""
        return f"{self.number:,}"


def parts_of(counts: Mapping[str, int], side: str = "", *, is_done: bool = True) -> list[Part]:
    """The parts of the bar of a plan or run with these counts, zeros too.

    `side`: of one side only. `is_done`: in words for what was done; else for what would be.
    """
    given = list(_parts(counts, side, is_done=is_done))
    total = sum(number for _word, number, *_rest in given)
    parts: list[Part] = []
    start = 0
    for (word, number, tone, of_side, action), width in zip(given, _widths(given, total), strict=True):
        place = {"start": start, "width": width}
        parts.append(Part(word=word, number=number, tone=tone, side=of_side, action=action, **place))
        start += width
    return parts


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """The plan bar of one side, with its heading."""

    heading: str
    parts: Sequence[Part]

    @property
    def total(self) -> int:
        """How many records it is about."""
        return sum(part.number for part in self.parts)


def bars_of(counts: Mapping[str, int], *, is_sending: bool, is_done: bool = True) -> list[Bar]:
    """The bars of a run or plan: Tandem's, and the SIS's where it sends or did."""
    bars = [
        Bar(heading=f"In {place}", parts=parts_of(counts, side, is_done=is_done))
        for side, place in _PLACES.items()
    ]
    return [bar for bar in bars if bar is bars[0] or is_sending or bar.total]


def _parts(
    counts: Mapping[str, int], side: str, *, is_done: bool
) -> Iterator[tuple[str, int, str, str, str]]:
    for of_side, place in _PLACES.items():
        if side in {"", of_side}:
            for action, (todo, done, tone) in _DEEDS.items():
                number = counts.get(f"{of_side.lower()}_{action.lower()}", 0)
                yield f"{done if is_done else f'to {todo}'} {place}", number, tone, of_side, action
    if side in {"", Side.LOCAL}:
        yield "held for a person", counts.get("held", 0), "amber", Side.LOCAL, Action.HOLD


def _widths(given: Iterable[tuple[str, int, str, str, str]], total: int) -> list[int]:
    """In proportion, but never too narrow to be seen; the whole fills the bar at most."""
    numbers = [number for _word, number, *_rest in given]
    shown = sum(number > 0 for number in numbers)
    free = BAR_WIDTH - NARROWEST * shown
    return [NARROWEST + number * free // total if number > 0 else 0 for number in numbers]


def filter_choices() -> list[tuple[str, str]]:
    """The actions that rows can be filtered by, in words."""
    deeds = [(str(action), done.split()[0].capitalize()) for action, (_todo, done, _tone) in _DEEDS.items()]
    notes = [(str(one), _NOTES[one][0]) for one in (Action.HOLD, Action.MISSING)]
    return deeds + notes
