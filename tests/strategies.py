"""Hypothesis strategies for the engine: few possible values, so that sides often agree, differ and clash."""

from dataclasses import dataclass
from itertools import combinations

from hypothesis import strategies as st

from integration.merge.policy import Context, FieldPolicy, Fight, Source
from integration.merge.records import Baseline, Shape
from scheduling.domain.values import Assignment, Meeting

TITLE, SEATS, START, END = "title", "capacity", "start_date", "end_date"
MEETINGS, TEAM = "meetings", "instructors"
NAMES = (TITLE, SEATS, START, END, MEETINGS, TEAM)
SHAPES = {MEETINGS: Shape.GROUPS, TEAM: Shape.KEYED}
STRUCTS = {MEETINGS: Meeting, TEAM: Assignment}
LONG_TITLE = "Introduction to Nordic Cinema"
CUT_TITLE = LONG_TITLE[:15]

MEETING_ITEMS = [
    Meeting(days=days, start_time=start, building="RML", room=room)
    for days, start in (("MWF", "08:00"), ("TR", "10:00"), ("", ""))
    for room in ("101", "")
]
TEAM_ITEMS = [
    Assignment(instructor=who, percent=percent, is_primary=is_primary)
    for who in ("ada", "bob", "cy")
    for percent in (50, 100)
    for is_primary in (False, True)
]


def has_one_primary(team):
    return sum(one.is_primary for one in team) <= 1


def _is_team(items):
    """At most one assignment a person and one primary, as every canonical value has."""
    return len({one.instructor for one in items}) == len(items) and has_one_primary(items)


def _sets_of(items):
    return [tuple(sorted(found)) for size in range(4) for found in combinations(items, size)]


DAYS = [None, "2025-01-10", "2025-03-01", "2025-05-01"]
POOLS = {
    TITLE: [None, "Ethics", "Logic", LONG_TITLE, CUT_TITLE, LONG_TITLE.upper()],
    SEATS: [None, 0, 20, 30, 40],
    START: DAYS,
    END: DAYS,
    MEETINGS: _sets_of(MEETING_ITEMS),
    TEAM: [found for found in _sets_of(TEAM_ITEMS) if _is_team(found)],
}
VALUES = {name: st.sampled_from(pool) for name, pool in POOLS.items()}


def are_in_order(end, start):
    return not (end and start) or start <= end


def policy_for(name, **given):
    """The policy of one field, with the hard checks that sections have."""
    if name == TEAM:
        given |= {"key_of": lambda one: one.instructor, "is_sound": has_one_primary}
    elif name == END:
        given |= {"companions": (START,), "is_sound": are_in_order}
    return FieldPolicy(name=name, shape=SHAPES.get(name, Shape.SCALAR), **given)


OPEN = (True, True)
WAYS = (OPEN, OPEN, (True, False), (False, True), (False, False))
"""Whether a field may be imported and sent."""


def policies_for(name, *, sources, ways):
    return st.builds(
        lambda source, way: policy_for(name, source=source, can_import=way[0], can_send=way[1]),
        st.sampled_from(sources),
        st.sampled_from(ways),
    )


@dataclass(frozen=True)
class Case:
    """All that one record's merge is made from."""

    base: Baseline | None
    ours: dict
    theirs: dict
    policies: tuple[FieldPolicy, ...]
    context: Context

    @property
    def given(self):
        return {
            "base": self.base,
            "ours": self.ours,
            "theirs": self.theirs,
            "policies": self.policies,
            "context": self.context,
        }


def _is_sound(record):
    return are_in_order(record.get(END), record.get(START))


def records(names):
    return st.fixed_dictionaries({name: VALUES[name] for name in names})


@st.composite
def edited(draw, record):
    """`record` after somebody's edits to at least one field, sound again."""
    names = draw(st.sampled_from([[name] for name in record] + [list(record)]))
    changes = {n: draw(st.sampled_from([v for v in POOLS[n] if v != record[n]])) for n in names}
    after = record | changes
    return after if _is_sound(after) else record


@st.composite
def baselines(draw, record):
    """An agreement on `record`: now and then rendered differently by the SIS, or never made on a field."""
    unknown = draw(st.sampled_from([None, None, None, *record]))
    theirs = {}
    if record.get(TITLE) == LONG_TITLE and unknown != TITLE and draw(st.booleans()):
        theirs[TITLE] = CUT_TITLE
    return Baseline(values={n: value for n, value in record.items() if n != unknown}, theirs=theirs)


@st.composite
def contexts(draw, ours, theirs):
    """Values in flight, a horizon that may have passed, and fights on any field."""
    sent, fights = {}, {}
    for name in ours:
        values = st.one_of(st.sampled_from([ours[name], theirs[name]]), VALUES[name])
        found = draw(st.lists(values, max_size=3))
        if found:
            sent[name] = tuple(found)
        if draw(st.booleans()):
            fights[name] = Fight(value=draw(values), times=draw(st.integers(1, 4)))
    return Context(sent=sent, is_waiting=draw(st.booleans()), fights=fights)


FIELD_SETS = ((TITLE,), (SEATS,), (START, END), (MEETINGS,), (TEAM,), (SEATS, TEAM))


EDITORS = ("both", "both", "both", "ours", "theirs", "nobody")


@st.composite
def cases(draw, *, fields=FIELD_SETS, sources=tuple(Source), ways=WAYS, has_context=True, has_base=False):
    """A record of one or two fields, agreed on, edited on either side, and merged under any rules."""
    names = draw(st.sampled_from(fields))
    record = draw(records(names).filter(_is_sound))
    base = draw(baselines(record)) if has_base or draw(st.integers(0, 4)) else None
    editor = draw(st.sampled_from(EDITORS))
    ours = draw(edited(record)) if editor in {"both", "ours"} else record
    theirs = draw(edited(record)) if editor in {"both", "theirs"} else record
    if base is not None:
        shown = {name: value for name, value in base.theirs.items() if theirs[name] == record[name]}
        theirs = theirs | shown
    return Case(
        base=base,
        ours=ours,
        theirs=theirs,
        policies=tuple(draw(policies_for(name, sources=sources, ways=ways)) for name in names),
        context=draw(contexts(ours, theirs)) if has_context else Context(),
    )


THREE_WAY = (Source.PREFER_SIS, Source.PREFER_TANDEM, Source.ASK)
quiet_cases = cases(has_context=False)
"""Nothing in flight, no fight."""
set_cases = cases(
    fields=((MEETINGS,), (TEAM,)), sources=THREE_WAY, ways=(OPEN,), has_context=False, has_base=True
)
"""Sets that are merged item by item."""
any_cases = st.one_of(cases(), set_cases)
