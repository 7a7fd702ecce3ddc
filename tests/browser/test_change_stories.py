"""Changes of more than one step: asked for and approved, taken back, many at once with what is locked."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from phases.models import Phase, TimelineEntry
from tests.browser.soundness import assert_sound
from tests.campus import TERM

pytestmark = pytest.mark.browser
LIST = f"/terms/{TERM}/sections/"
REQUESTS = f"/terms/{TERM}/requests/"


def begin(phase):
    entry = {"phase": Phase.objects.get(name=phase), "starts_at": timezone.now()}
    TimelineEntry.objects.create(term_id=TERM, **entry)


def test_a_change_is_asked_for_approved_and_the_asker_is_told(campus, enter):
    begin("Closed")
    sam = enter(f"/sections/{campus.id_of('S1')}/edit/", name="sam", role="SCHEDULER")
    sam.get_by_role("link", name="Ask for this change of Title").click()
    sam.get_by_label("Title").fill("Cells and Genes")
    sam.get_by_label("Why").fill("A typing error")
    sam.get_by_role("button", name="Ask for this change").click()
    expect(sam.get_by_role("heading", level=1)).to_have_text("Change requests in Spring 2027")
    rita = enter(REQUESTS)
    rita.get_by_role("link", name="BIO 101 A").click()
    expect(rita.get_by_role("main")).to_contain_text("A typing error")
    rita.get_by_role("button", name="Approve and save").click()
    rita.wait_for_url(f"**{REQUESTS}")
    assert campus.section("S1").title == "Cells and Genes"
    sam.goto(LIST)
    sam.get_by_role("link", name="Change requests 1 new answers").click()
    expect(sam.get_by_role("main")).to_contain_text("1 new answer to your requests")
    expect(sam.get_by_role("main")).to_contain_text("Approved")
    sam.get_by_role("button", name="I have read it").click()
    expect(sam.get_by_role("link", name="Change requests", exact=True)).to_be_visible()


def test_the_state_is_looked_at_over_the_form_and_a_save_is_taken_back_in_the_list(campus, enter):
    campus.enable()
    here = f"{LIST}?department=BIO"
    page = enter(here)
    page.get_by_role("link", name="Edit BIO 101 A").click()
    form = page.get_by_role("dialog", name="Edit BIO 101 A")
    form.get_by_label("Title").fill("Typed before")
    form.get_by_role("link", name="Synced").click()
    answer = page.get_by_role("dialog", name="BIO 101 A: between Tandem and the SIS")
    expect(answer).to_contain_text("Both sides hold the same")
    assert_sound(page)
    page.keyboard.press("Escape")
    expect(answer).to_be_hidden()
    expect(form.get_by_label("Title")).to_have_value("Typed before")
    form.get_by_role("button", name="Save", exact=True).last.click()
    told = page.get_by_role("status").filter(has_text="BIO 101 A is saved: Title.")
    expect(told).to_be_visible()
    assert_sound(page)
    told.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("main")).to_contain_text("The last save of BIO 101 A is taken back.")
    assert page.url.endswith(here)
    assert campus.section("S1").title == "Title of S1"


def test_many_sections_are_changed_and_what_is_locked_is_reported(campus, enter):
    begin("Registration")
    page = enter(f"{LIST}?department=BIO", name="sam", role="SCHEDULER")
    for code in ("BIO 101 A", "BIO 101 B"):
        page.get_by_role("checkbox", name=code).check()
    page.get_by_role("button", name=re.compile("ticked section")).click()
    page.get_by_label("Title", exact=True).fill("Mine")
    page.get_by_label("Capacity", exact=True).fill("25")
    page.get_by_role("button", name="Show what would change").click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("0 of 2 sections would be saved · 2 refused")
    expect(main.get_by_text("Title is locked in Registration")).to_have_count(2)
    page.get_by_role("button", name="Change it").click()
    page.get_by_label("Title", exact=True).fill("")
    page.get_by_role("button", name="Show what would change").click()
    page.get_by_role("button", name="Save 2 sections").click()
    expect(main).to_contain_text("2 sections are saved.")
    assert [campus.section(one).capacity for one in ("S1", "S2", "S3")] == [25, 25, 30]
