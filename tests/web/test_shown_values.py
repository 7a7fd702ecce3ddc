"""The component for two sides that differ, and the answer to somebody who was too slow."""

import re

from django.template import Context, Template
from django.test import RequestFactory

from scheduling.answers import was_changed
from scheduling.domain.fields import CATALOGUE
from scheduling.pills import Pill, integration_pill

SHOW = Template("{% load showing %}{% three_values values field=field names=names rule=rule %}")


def shown(values, **more):
    page = SHOW.render(Context({"values": values, "field": None, "names": {}, "rule": "", **more}))
    return re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page)


def test_before_tandem_and_sis_stand_in_this_order():
    assert shown({"base": "A", "ours": "B", "theirs": None}) == [
        ("Before", "A"),
        ("Tandem", "B"),
        ("SIS", "—"),
    ]


def test_a_result_is_shown_where_something_was_decided_even_if_it_is_blank():
    assert shown({"base": 1, "ours": 2, "theirs": 3, "result": 3})[-1] == ("Result", "3")
    assert shown({"base": 1, "ours": 2, "theirs": None, "result": None})[-1] == ("Result", "—")


def test_values_are_in_a_registrars_words():
    meeting = {"days": "MWF", "start_time": "11:30", "end_time": "12:20", "building": "HAL", "room": "101"}
    values = {"base": [], "ours": [meeting], "theirs": "CANCELLED"}
    assert [value for _side, value in shown(values)] == ["—", "MWF 11:30 am–12:20 pm · HAL 101", "Cancelled"]
    dates = {"base": None, "ours": "2027-01-12", "theirs": "2027-02-01"}
    assert shown(dates, field=CATALOGUE["start_date"])[1:] == [
        ("Tandem", "12 Jan 2027"),
        ("SIS", "1 Feb 2027"),
    ]


def test_ids_are_shown_by_their_names_and_markup_is_text():
    team = {"base": None, "ours": [{"instructor": "I1", "percent": 50, "is_primary": True}], "theirs": "<b>"}
    assert shown(team, names={"I1": "Marie Curie"})[1:] == [
        ("Tandem", "Marie Curie 50 % (primary)"),
        ("SIS", "&lt;b&gt;"),
    ]


def test_the_rule_stands_below_in_words():
    page = SHOW.render(
        Context({"values": {}, "field": None, "names": {}, "rule": "Only the SIS changed it."})
    )
    assert '<p class="rule">Only the SIS changed it.</p>' in page


def test_who_was_too_slow_is_told_and_led_back(person):
    request = RequestFactory().get("/console/plans/3/")
    request.user, request.session, request.resolver_match = person("admin").user, {}, None
    answer = was_changed(request, "Plan 3 was applied by kim.", back="/console/plans/3/")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Plan 3 was applied by kim." in page
    assert 'href="/console/plans/3/"' in page


def test_a_drawn_pill_is_what_its_template_says():
    both = Template('{% load showing %}{% drawn pill %}|{% include "scheduling/pill.html" %}')
    for pill in (integration_pill("HELD"), Pill(tone="red", icon="alert", word="<2 & more>")):
        drawn, included = both.render(Context({"pill": pill})).split("|")
        assert drawn == included
