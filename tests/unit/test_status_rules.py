import dataclasses
import datetime as dt
import json
import zoneinfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.merge.records import Rule
from integration.models import LinkState, OutboundChange
from integration.rule_words import RULE_WORDS, Act, rule_in_words
from integration.sis.port import ErrorClass
from integration.status import answer
from integration.status_rules import (
    HINDERED,
    Attempted,
    Channel,
    Code,
    Dispute,
    Hindrance,
    Presence,
    Progress,
    RecordFacts,
    Refusal,
    State,
    barred,
    reasons_of,
    state_of,
)
from integration.status_words import WORDS, say, why_closed
from integration.wording import in_words, listed, moment

NOW = dt.datetime(2027, 1, 12, 17, 0, tzinfo=dt.UTC)
CHICAGO = zoneinfo.ZoneInfo("America/Chicago")
OPEN = Channel(type_name="sections", term="Spring 2027", code="20271")
SYNCED = RecordFacts(presence=Presence.LINKED, synced_at=NOW, is_verified=True, channel=OPEN)
EDITED = dataclasses.replace(SYNCED, progress=Progress.WAITING, unsent=("Title",))
NEW = RecordFacts(presence=Presence.NEW, progress=Progress.WAITING, channel=OPEN)
TITLE = Dispute(conflict=7, field="title", label="Title", base="A", ours="B", theirs="C")
NUMBER = Dispute(
    conflict=9, is_number=True, field="section_number", label="Section number", note="A and B wait."
)
WHOLE = Dispute(conflict=8, note="The SIS removed it, but it was edited here meanwhile.")


def met(hindrance, **more):
    return Attempted(hindrance=hindrance, text="The reason.", next_at=NOW, **more)


def with_channel(facts, **changes):
    return dataclasses.replace(facts, channel=dataclasses.replace(OPEN, **changes))


TABLE = {
    "nothing to do": (SYNCED, [Code.VERIFIED]),
    "sent, not read again": (dataclasses.replace(SYNCED, is_verified=False), [Code.AGREED]),
    "looked at by the queue without a change": (
        dataclasses.replace(SYNCED, progress=Progress.WAITING),
        [Code.VERIFIED],
    ),
    "only kept fields changed": (
        dataclasses.replace(SYNCED, progress=Progress.WAITING, kept=("Notes",)),
        [Code.NOTHING_TO_SEND],
    ),
    "edited": (EDITED, [Code.QUEUED]),
    "new": (NEW, [Code.QUEUED]),
    "new and without any row": (RecordFacts(channel=OPEN), [Code.QUEUED]),
    "new and cancelled": (dataclasses.replace(NEW, is_cancelled=True), [Code.CANCELLED_UNSENT]),
    "claimed": (dataclasses.replace(EDITED, progress=Progress.SENDING), [Code.SENDING]),
    "handed over": (dataclasses.replace(EDITED, progress=Progress.AWAITING), [Code.AWAITING]),
    "handed over, the term is off since": (
        with_channel(dataclasses.replace(EDITED, progress=Progress.AWAITING), is_term_on=False),
        [Code.AWAITING],
    ),
    "creation without an answer": (
        dataclasses.replace(NEW, presence=Presence.UNKNOWN_OUTCOME),
        [Code.UNKNOWN_OUTCOME],
    ),
    "creation cut off": (dataclasses.replace(NEW, presence=Presence.CREATING), [Code.UNKNOWN_OUTCOME]),
    "creation without an answer, the term is off since": (
        with_channel(dataclasses.replace(NEW, presence=Presence.UNKNOWN_OUTCOME), is_term_on=False),
        [Code.UNKNOWN_OUTCOME, Code.TERM_OFF],
    ),
    "update without an answer": (
        dataclasses.replace(EDITED, attempted=met(Hindrance.UNKNOWN_OUTCOME)),
        [Code.UNKNOWN_OUTCOME],
    ),
    "the type is off": (with_channel(EDITED, is_type_on=False, is_term_on=False), [Code.TYPE_OFF]),
    "the term is gone": (with_channel(EDITED, is_term_there=False), [Code.TERM_GONE]),
    "the term is over": (with_channel(EDITED, switch_over=dt.date(2026, 12, 18)), [Code.TERM_OVER]),
    "the term is off": (with_channel(EDITED, is_term_on=False, is_sending=False), [Code.TERM_OFF]),
    "sending is off": (with_channel(EDITED, is_sending=False, is_real_time=False), [Code.SENDING_OFF]),
    "paused": (with_channel(EDITED, pause="Too many.", plan=3), [Code.PAUSED]),
    "real time is off": (with_channel(EDITED, is_real_time=False), [Code.REAL_TIME_OFF]),
    "real time is off, nothing changed": (with_channel(SYNCED, is_real_time=False), [Code.VERIFIED]),
    "in a waiting plan": (dataclasses.replace(SYNCED, in_plan=True), [Code.PAUSED]),
    "waits for a member": (dataclasses.replace(NEW, waits_for=("BIO 101 Z",)), [Code.WAITING_FOR_MEMBER]),
    "no changes taken": (
        dataclasses.replace(EDITED, attempted=met(Hindrance.SIS_CANNOT)),
        [Code.SIS_CANNOT],
    ),
    "rejected": (
        dataclasses.replace(EDITED, progress=Progress.PARKED, attempted=met(Hindrance.VALIDATION)),
        [Code.SIS_REJECTED],
    ),
    "failing for a day": (
        dataclasses.replace(EDITED, progress=Progress.PARKED, attempted=met(Hindrance.LOCKED)),
        [Code.GIVEN_UP],
    ),
    "a field held, the others go": (
        dataclasses.replace(EDITED, disputes=(TITLE,)),
        [Code.CONFLICT, Code.QUEUED],
    ),
    "numbers wait for each other": (
        dataclasses.replace(EDITED, disputes=(NUMBER,), attempted=met(Hindrance.NUMBER_CYCLE)),
        [Code.NUMBER_CYCLE],
    ),
    "the record held": (dataclasses.replace(EDITED, disputes=(WHOLE,)), [Code.CONFLICT]),
    "not taken by the import": (
        dataclasses.replace(SYNCED, refusals=(Refusal(message="Bad.", field="course"),)),
        [Code.IMPORT_REJECTED],
    ),
    "missing": (dataclasses.replace(SYNCED, presence=Presence.MISSING_IN_SIS), [Code.MISSING_IN_SIS]),
    "missing, and found missing when sending": (
        dataclasses.replace(EDITED, presence=Presence.MISSING_IN_SIS, attempted=met(Hindrance.NOT_FOUND)),
        [Code.MISSING_IN_SIS],
    ),
    "removed there": (dataclasses.replace(EDITED, presence=Presence.RETIRED), [Code.REMOVED_IN_SIS]),
    "removed there, its id is another's": (
        dataclasses.replace(SYNCED, presence=Presence.ARCHIVED),
        [Code.REMOVED_IN_SIS],
    ),
}


@pytest.mark.parametrize(("facts", "codes"), TABLE.values(), ids=TABLE.keys())
def test_the_reasons_follow_from_the_facts(facts, codes):
    assert [reason.code for reason in reasons_of(facts)] == codes


@pytest.mark.parametrize("hindrance", list(Hindrance))
def test_each_hindrance_gives_its_reason(hindrance):
    facts = dataclasses.replace(EDITED, attempted=met(hindrance))
    assert [reason.code for reason in reasons_of(facts)] == [HINDERED[hindrance]]


def test_the_facts_have_every_state_that_the_rows_can_have():
    assert {*Presence} == {*LinkState.values}
    assert {*Progress} - {Progress.NONE} == {*OutboundChange.State.values}
    assert {*ErrorClass} <= {*Hindrance}


def test_every_reason_has_a_state_and_words():
    assert {state_of(code) for code in Code} == {*State}
    assert {*WORDS} == {*Code}
    assert {*HINDERED} == {*Hindrance}


channels = st.builds(
    Channel,
    type_name=st.sampled_from(["sections", "relationships"]),
    term=st.just("Fall 2027"),
    switch_over=st.none() | st.dates(),
    pause=st.sampled_from(["", "Too many {updates}."]),
    plan=st.none() | st.just(3),
)
moments = st.none() | st.datetimes(
    min_value=dt.datetime(2000, 1, 1),  # noqa: DTZ001  # Hypothesis adds the zone
    max_value=dt.datetime(2090, 1, 1),  # noqa: DTZ001  # the same
    timezones=st.just(dt.UTC),
)
names = st.lists(st.sampled_from(["Title", "Notes", "BIO 101 {A}"]), max_size=3).map(tuple)
records = st.builds(
    RecordFacts,
    name=st.sampled_from(["", "Crosslist of BIO 101 A, CHE 202 A"]),
    attempted=st.builds(Attempted, text=st.text(max_size=20), words=st.text(max_size=20), next_at=moments),
    synced_at=moments,
    missing_since=moments,
    unsent=names,
    kept=names,
    waits_for=names,
    disputes=st.lists(st.sampled_from([TITLE, NUMBER, WHOLE]), max_size=2).map(tuple),
    refusals=st.lists(st.builds(Refusal, message=st.text(max_size=20)), max_size=2).map(tuple),
    channel=channels,
)


@settings(deadline=None, derandomize=True)
@given(own=records, groups=st.lists(records, max_size=3))
def test_any_facts_have_one_answer_and_always_the_same(own, groups):
    found = answer(5, [own, *groups], zone=CHICAGO)
    assert found == answer(5, [own, *groups], zone=CHICAGO)
    codes = [Code(reason["code"]) for reason in found["reasons"]]
    assert set(codes) >= {reason.code for reason in reasons_of(own)}
    assert found["state"] == min((state_of(code) for code in codes), key=list(State).index)
    assert found["headline"]
    assert all(reason["message"] for reason in found["reasons"])
    assert json.loads(json.dumps(found)) == found


@settings(deadline=None, derandomize=True)
@given(own=records, groups=st.lists(records, max_size=3))
def test_the_order_of_groups_does_not_change_the_state(own, groups):
    assert (
        answer(5, [own, *groups], zone=CHICAGO)["state"]
        == answer(5, [own, *reversed(groups)], zone=CHICAGO)["state"]
    )


def test_the_worst_reason_gives_state_and_headline():
    rejected = dataclasses.replace(
        EDITED,
        name="Crosslist of BIO 101 A, CHE 202 A",
        progress=Progress.PARKED,
        attempted=met(Hindrance.VALIDATION, words="ORA-20100", field="members"),
    )
    found = answer(5, [EDITED, rejected], zone=CHICAGO)
    assert found["state"] == "REJECTED"
    assert found["headline"] == "Crosslist of BIO 101 A, CHE 202 A: rejected by the SIS"
    first, second = found["reasons"]
    assert (first["code"], first["field"]) == ("SIS_REJECTED", "members")
    assert first["message"] == (
        "The SIS rejected the group Crosslist of BIO 101 A, CHE 202 A: The reason. The SIS said: “ORA-20100”"
    )
    assert second["code"] == "QUEUED"


def test_a_group_in_step_is_not_mentioned():
    found = answer(5, [SYNCED, dataclasses.replace(SYNCED, name="Crosslist of A, B")], zone=CHICAGO)
    assert [reason["code"] for reason in found["reasons"]] == ["VERIFIED"]


def test_moments_are_told_in_the_institutions_zone():
    found = answer(5, [SYNCED], zone=CHICAGO)
    assert found["headline"] == "Synced 12 Jan 2027, 11:00"
    assert found["at"] == "2027-01-12T11:00:00-06:00"


def test_a_conflict_names_the_three_values_and_how_to_settle_it():
    said = say(next(reasons_of(dataclasses.replace(SYNCED, disputes=(TITLE,)))), CHICAGO)
    assert said.message == (
        "Title differs on both sides: before A, Tandem B, SIS C. "
        "Settle it under Conflicts (resolve_conflict 7)."
    )
    assert said.who == "the registrar"


def test_a_closed_channel_says_why_and_an_open_one_says_nothing():
    assert barred(OPEN) is None
    assert why_closed(OPEN) == ""
    closed = dataclasses.replace(OPEN, pause="31 of 40 records would change.", plan=9)
    assert why_closed(closed) == (
        "Sending of sections of Spring 2027 is paused by a safeguard. 31 of 40 records would change. "
        "Look at it under Plans waiting and approve it there "
        "(execute_merge sections --term 20271 --approve 9)."
    )


@pytest.mark.parametrize("rule", [*Rule, *Act])
def test_every_rule_has_a_sentence(rule):
    sentence = rule_in_words(rule, label="Title")
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_no_sentence_is_for_a_rule_that_does_not_exist():
    assert {*RULE_WORDS} == {*Rule, *Act}


def meeting(**parts):
    names = ("days", "start_time", "end_time", "building", "room", "start_date", "end_date")
    return dict.fromkeys(names, "") | parts


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "blank"),
        ("", "blank"),
        ([], "blank"),
        (0, "0"),
        (False, "no"),
        (True, "yes"),
        ("1.00", "1.00"),
        ([{"instructor": "I1", "percent": 50, "is_primary": True}], "I1 50 % (primary)"),
        ([{"section": "S1", "is_primary": True}, {"section": "S2"}], "S1 (primary); S2"),
        (
            [meeting(days="MWF", start_time="09:00", end_time="09:50", building="HAL", room="101")],
            "MWF 09:00-09:50 in HAL 101",
        ),
        ([meeting(start_date="2027-02-01", end_date="2027-05-28")], "arranged (2027-02-01 to 2027-05-28)"),
        (["S7", "S8"], "S7; S8"),
    ],
)
def test_values_are_told_in_words(value, words):
    assert in_words(value) == words


def test_lists_and_moments_read_as_people_write_them():
    assert [listed(names) for names in [("A",), ("A", "B"), ("A", "B", "C")]] == [
        "A",
        "A and B",
        "A, B and C",
    ]
    assert moment(NOW, CHICAGO) == "12 Jan 2027, 11:00"
