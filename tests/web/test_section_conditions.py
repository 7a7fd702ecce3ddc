"""What the list's conditions mean, what is wrong with one, and how they stand in the address."""

import re

import pytest

from scheduling.models import Meeting, Section
from tests.list_page import PATH, add_four, crns, page_of, words


@pytest.fixture
def schedule(term_of):
    return add_four(term_of("20271"))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=BIO", ["1001", "1002", "1003"]),
        ("?q=bio 101 b", ["1002"]),
        ("?q=night cells", ["1002"]),
        ("?q=200", ["1003", "2001"]),
        ("?department=BIO", ["1001", "1002", "1003"]),
        ("?subject=che", ["2001"]),
        ("?status=CANCELLED", ["2001"]),
        ("?day=M", ["1001"]),
        ("?day=MF", ["1001"]),
        ("?day=W&day=M", ["1001"]),
        ("?day=M&day=T", []),
        ("?from=18:00", ["1002"]),
        ("?to=09:50", ["1001"]),
        ("?from=08:00&to=20:00", ["1001", "1002"]),
        ("?from=09:00&to=09:50&day=T", []),
        ("?room=HAL 101", ["1001"]),
        ("?room=hal  101", ["1001"]),
        ("?room=HAL", ["1001"]),
        ("?room=long hall", ["1001"]),
        ("?room=101", ["1001"]),
        ("?room=WEB", ["1003"]),
        ("?room=HAL 102", []),
        ("?room=HAL&day=T", []),
        ("?instructor=curie", ["1001", "1003"]),
        ("?instructor=Yonath, Ada", ["1003"]),
        ("?instructor=i2", ["1003"]),
        ("?instructor=Marie Yonath", []),
        ("?only=no-room", ["1002"]),
        ("?only=no-instructor", ["1002", "2001"]),
        ("?only=no-instructor&status=ACTIVE", ["1002"]),
        ("?only=over-capacity", ["1001"]),
        ("?q=BIO&only=over-capacity&day=W&instructor=marie", ["1001"]),
    ],
)
def test_a_condition_leaves_what_meets_it(schedule, person, query, found):
    client = person("registrar")
    assert crns(client, query) == found
    assert f"{len(found)} section{'' if len(found) == 1 else 's'}" in page_of(client, query)


def test_a_section_with_two_meetings_that_meet_a_condition_is_listed_once(schedule, person):
    section = Section.objects.get(crn="1001")
    Meeting.objects.create(section=section, days="M", start_time="14:00", end_time="15:00")
    assert crns(person("registrar"), "?day=M") == ["1001"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?status=ACTVE", "Status “ACTVE” is none of those in this list: ACTIVE, CANCELLED."),
        ("?department=XYZ", "Department “XYZ” is none of those"),
        ("?department=BIO&department=CHE", "Department is given 2 times; give it once."),
        ("?only=empty", "Only “empty” is none of those"),
        ("?day=X", "Meets on “X” is none of those"),
        ("?from=9am", "Starts from is “9am”; write HH:MM, 24 hours."),
        ("?to=25:00", "Ends by is “25:00”"),
        ("?state=LOST", "SIS “LOST” is none of those"),
        ("?state=HELD", "SIS states are not shown here"),
        ("?q=%00", "Search holds what cannot be searched for"),
        ("?q=" + "x" * 101, "Search holds what cannot be searched for"),
    ],
)
def test_a_value_that_cannot_be_meant_is_said_and_shows_nothing(schedule, person, query, said):
    page = page_of(person("registrar"), query)
    assert said in page
    assert "0 sections" in page
    assert "No section matches" in page


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?colour=red", "There is no filter “colour”, so it was not applied"),
        ("?sort=colour", "The list cannot be sorted by “colour”"),
        ("?col=colour&col=crn", "There is no column “colour” here."),
        ("?cursor=nonsense", "The place in the list was lost; this is its first page."),
    ],
)
def test_what_the_list_cannot_do_is_said_and_the_rest_is_shown(schedule, person, query, said):
    page = page_of(person("registrar"), query)
    assert said in page
    assert "4 sections" in page


def test_each_condition_in_force_can_be_taken_away_by_itself(schedule, person):
    page = page_of(person("registrar"), "?q=bio&day=M&day=W&from=09:00&sort=-title")
    chips = dict(re.findall(r'<a class="chip" href="([^"]+)">(.*?)</a>', page))
    said = {words(text): link for link, text in chips.items()}
    assert {*said} == {"Remove Search: bio", "Remove Meets on: Mon, Wed", "Remove Starts from: 9:00 am"}
    assert said["Remove Meets on: Mon, Wed"] == f"{PATH}?q=bio&from=09%3A00&sort=-title"
    assert f'href="{PATH}?sort=-title">Clear all' in page


def test_the_form_s_blank_fields_leave_the_address(schedule, person):
    client = person("registrar")
    answer = client.get(f"{PATH}?q=&department=BIO&room=+&only=")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PATH}?department=BIO")
    assert client.get(f"{PATH}?q=").headers["Location"] == PATH


def test_the_usual_columns_leave_the_address_and_others_stay(schedule, person):
    client = person("registrar")
    ticked = re.findall(r'name="col" value="(\w+)" checked', page_of(client))
    answer = client.get(PATH, {"q": "bio", "col": ticked})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PATH}?q=bio")
    assert client.get(PATH, {"q": "bio", "col": ticked[1:]}).status_code == 200


def test_the_form_keeps_what_was_asked_and_the_folded_part_opens_for_it(schedule, person):
    client = person("registrar")
    page = page_of(client, "?instructor=curie&day=M&status=ACTIVE&sort=title")
    assert 'name="instructor" value="curie"' in page
    assert '<option value="ACTIVE" selected>' in page
    assert re.search(r'name="day" value="M" checked', page)
    assert 'type="hidden" name="sort" value="title"' in page
    assert '<details class="section-more" open>' in page
    assert '<details class="section-more" open>' not in page_of(client)


def test_delivered_lists_are_links_and_the_one_shown_is_marked(schedule, person):
    page = page_of(person("registrar"), "?status=ACTIVE&only=no-room&sort=title")
    [here] = re.findall(r'<a href="([^"]+)" aria-current="true">No room</a>', page)
    assert here == f"{PATH}?status=ACTIVE&only=no-room&sort=title"
    assert page.count('aria-current="true"') == 1


def test_a_list_can_be_kept_as_a_link_without_its_page(schedule, person):
    page = page_of(person("registrar"), "?day=WM&q=bio&cursor=abc")
    assert f'href="{PATH}?q=bio&day=M&day=W">Link to this list' in page
