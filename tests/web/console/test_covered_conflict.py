"""The page of a conflict about a value that Tandem wrote over in the SIS unseen."""

import pytest
from django.utils import timezone

from integration.conflict_pages import stamp_of
from integration.models import Conflict, Link
from tests.web.console.waiting_campus import words_of


@pytest.fixture
def covered(college):
    """As a delivery leaves it: the SIS shows ours, and what it had been given is kept."""
    link = Link.objects.get(term_id="20271", sis_id="S1")
    title = link.baseline["title"]
    sides = {"base": "Before", "value": "Theirs", "by": title, "is_item": False}
    Link.objects.filter(pk=link.pk).update(covered={"title": [sides]}, agreed_version=0, source_hash=None)
    given = {"base": "Before", "ours": title, "theirs": "Theirs", "rule": "ASK", "kind": "COVERED"}
    return Conflict.objects.create(link=link, field="title", opened_at=timezone.now(), **given)


def test_it_says_what_happened_and_what_each_choice_sends(admin, covered):
    words = words_of(admin.get(f"/console/conflicts/{covered.pk}/"))
    assert "so Tandem wrote over it unseen" in words
    assert "The SIS shows Tandem's value now" in words
    assert "Gets “Theirs” back with the next delivery or merge that sends." in words
    assert "unless it shows that already" in words
    assert "Changed in the SIS while Tandem wrote it" in words_of(admin.get("/console/conflicts/"))


def test_the_section_s_status_says_so_too(college, covered):
    reason = college.status(college.section("S1").pk)["reasons"][0]
    assert reason["message"].startswith(
        "Title changed in the SIS while Tandem wrote the same: before Before, Tandem "
    )
    assert "SIS Theirs. The SIS shows Tandem's now." in reason["message"]


@pytest.mark.parametrize("choice", ["OURS", "THEIRS"])
def test_the_choice_is_what_both_sides_hold_then(admin, college, covered, choice):
    wanted = covered.theirs if choice == "THEIRS" else covered.ours
    admin.post(f"/console/conflicts/{covered.pk}/", {"choice": choice, "stamp": stamp_of(covered)})
    college.assert_settled()
    assert college.section("S1").title == college.in_sis("S1")["title"] == wanted
