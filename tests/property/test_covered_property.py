"""What a write covered is found from the order of the feed's messages alone, however they come in batches."""

from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from integration.covered import hear
from integration.linkstate import context_of
from integration.merge.policy import FieldPolicy, Source
from integration.merge.records import Baseline, Shape
from integration.merge.threeway import merge_field
from integration.models import AwaitedEcho, Link
from integration.sis.change_feed import SisChange
from integration.sis.port import MergeType
from scheduling.domain.values import Meeting

TITLES = st.sampled_from(["A", "B", "C", "D"])
TIMES = ("08:00", "09:00", "10:00", "11:00")


def told(title):
    return SisChange(merge_type=MergeType.SECTIONS, sis_id="S", values={"title": title})


def told_item(part_id, start_time):
    part = ("meetings", msgspec.to_builtins(item(part_id, start_time)))
    return SisChange(merge_type=MergeType.SECTIONS, sis_id="S", part=part, part_id=part_id)


def listen(link, messages, echoes, cuts):
    """The messages in batches, as several looks take them; the echoes that are left."""
    bounds = sorted({0, *(cut for cut in cuts if cut < len(messages)), len(messages)})
    for begin, end in pairwise(bounds):
        heard = hear(link, messages[begin:end], echoes)
        echoes = heard.waiting
    return echoes


CUTS = st.lists(st.integers(0, 12), max_size=4)


@given(
    before=st.lists(TITLES, max_size=3),
    between=st.lists(TITLES, max_size=3),
    after=st.lists(TITLES, max_size=3),
    cuts=CUTS,
)
def test_the_last_value_before_ours_is_what_was_covered(before, between, after, cuts):
    read = before[-1] if before else "A"
    echo = AwaitedEcho(link_id=1, field="title", before=read, written="ours")
    link = Link()
    stood = between[-1] if between else read
    left = listen(link, [told(one) for one in (*before, *between, "ours", *after)], [echo], cuts)
    assert left == []
    expected = [] if stood == read else [{"base": read, "by": "ours", "value": stood, "is_item": False}]
    assert link.covered.get("title", []) == expected


@given(edits=st.lists(st.tuples(TITLES, st.sampled_from(["read", "not read"])), max_size=5), cuts=CUTS)
def test_of_several_writes_each_tells_on_its_own(edits, cuts):
    """Before each write somebody edits, and we read it or we do not; the last that was covered counts."""
    messages, echoes, stands, covered = [], [], "A", None
    for number, (title, when) in enumerate(edits):
        edit = f"{title}{number}"
        messages += [told(edit), told(f"ours {number}")]
        echo = AwaitedEcho(
            link_id=1, field="title", before=edit if when == "read" else stands, written=f"ours {number}"
        )
        echoes.append(echo)
        stands = f"ours {number}"
        covered = edit if when == "not read" else covered
    link = Link()
    assert listen(link, messages, echoes, cuts) == []
    assert [one["value"] for one in link.covered.get("title", [])] == ([covered] if covered else [])


@given(
    moved=st.sets(st.sampled_from(["1", "2", "3"]), min_size=1),
    edited=st.dictionaries(st.sampled_from(["1", "2", "3"]), st.sampled_from(TIMES[2:])),
    is_late=st.booleans(),
    cuts=CUTS,
)
def test_a_meeting_that_was_covered_comes_back_with_the_others_as_they_are(moved, edited, is_late, cuts):
    """Of three meetings we move some, and somebody edits some before or after; the rest stays out of it."""
    rooms = ("1", "2", "3")
    base = tuple(item(room, TIMES[0]) for room in rooms)
    ours = tuple(item(room, TIMES[1] if room in moved else TIMES[0]) for room in rooms)
    echo = AwaitedEcho(
        link_id=1, field="meetings", before=stored(base), written=stored(ours), is_in_parts=True
    )
    edits = [told_item(room, time) for room, time in edited.items()]
    writes = [told_item(room, TIMES[1]) for room in sorted(moved)]
    link = Link(baseline={"meetings": stored(ours)})
    assert listen(link, [*writes, *edits] if is_late else [*edits, *writes], [echo], cuts) == []
    lost = {room: time for room, time in edited.items() if room in moved and not is_late}
    found = {one["value"]["room"]: one["value"]["start_time"] for one in link.covered.get("meetings", [])}
    assert found == lost
    shown = {room: TIMES[1] if room in moved else TIMES[0] for room in rooms}
    shown |= {room: time for room, time in edited.items() if room not in lost}
    policy = FieldPolicy(name="meetings", source=Source.PREFER_SIS, shape=Shape.GROUPS)
    decision = merge_field(
        base=Baseline(values={"meetings": ours}),
        ours=ours,
        theirs=tuple(sorted(item(room, time) for room, time in shown.items())),
        policy=policy,
        context=context_of(link, now=None, applies_later=False),
    )
    assert {one.room: one.start_time for one in decision.result} == {**shown, **lost}
    assert decision.is_pushed == bool(lost)


def item(room, start_time):
    return Meeting(days="M", start_time=start_time, end_time="20:00", building="HAL", room=room)


def stored(meetings):
    return msgspec.to_builtins(list(meetings))
