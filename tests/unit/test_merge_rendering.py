"""What still counts as our value when the SIS shows it in its own way."""

import pytest
from msgspec import structs

from integration.merge.rendering import is_rendering
from scheduling.domain.values import Meeting

TITLE = "Introduction to Nordic Cinema"


@pytest.mark.parametrize(
    "seen", [TITLE, TITLE[:15], TITLE.upper(), TITLE.lower()[:20], "Introduction  to\tNordic Cinema"]
)
def test_a_cut_other_letter_case_and_folded_spaces_are_renderings(seen):
    assert is_rendering(sent=TITLE, seen=seen)


@pytest.mark.parametrize(
    "seen", ["Cinema", "Introduction to Film", TITLE + " II", "", None, 7, "Int", ("Introduction",)]
)
def test_anything_else_is_another_value(seen):
    assert not is_rendering(sent=TITLE, seen=seen)


@pytest.mark.parametrize(("sent", "seen"), [("012", "01"), ("NORTH", "N"), ("MAIN2", "MAIN")])
def test_a_code_is_not_cut(sent, seen):
    assert not is_rendering(sent=sent, seen=seen)


def test_a_code_may_come_back_in_other_letter_case():
    assert is_rendering(sent="01a", seen="01A")


@pytest.mark.parametrize("sent", [None, 7, ("x",)])
def test_only_text_is_rendered(sent):
    assert not is_rendering(sent=sent, seen=str(sent))


def test_meetings_whose_blank_dates_the_sis_filled_in_are_the_same_meetings():
    sent = (Meeting(days="MWF", start_time="09:00", end_time="09:50"), Meeting(days="R"))
    seen = tuple(structs.replace(one, start_date="2027-02-01", end_date="2027-05-28") for one in sent)
    assert is_rendering(sent=sent, seen=seen)
    assert not is_rendering(sent=seen, seen=sent)
    assert not is_rendering(sent=sent, seen=seen[:1])
    assert not is_rendering(sent=sent, seen=(structs.replace(seen[0], room="1"), seen[1]))
