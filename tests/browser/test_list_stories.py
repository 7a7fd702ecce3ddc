"""The schedule's list under the hand: rows ticked by range and by key, the bar and the head in sight."""

import pytest
from playwright.sync_api import expect

from tests.campus import TERM

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
LOW = {"width": 1280, "height": 300}


@pytest.fixture
def page(enter):
    return enter(f"/terms/{TERM}/sections/", viewport=LOW)


def boxes(page):
    return page.locator("tbody input[name=ids]")


def scroll_to_the_end(page):
    page.get_by_role("contentinfo").scroll_into_view_if_needed()


def test_the_head_of_the_list_stays_in_sight(page):
    scroll_to_the_end(page)
    expect(page.get_by_role("button", name="Change ticked sections")).not_to_be_in_viewport()
    expect(page.get_by_role("columnheader", name="CRN")).to_be_in_viewport(ratio=0.9)


def test_the_bar_stays_in_sight_and_counts_what_is_ticked(page):
    boxes(page).first.check()
    expect(page.get_by_role("button", name="Change 1 ticked section", exact=True)).to_be_visible()
    boxes(page).nth(2).click(modifiers=["Shift"])
    scroll_to_the_end(page)
    change = page.get_by_role("button", name="Change 3 ticked sections")
    expect(change).to_be_in_viewport(ratio=0.9)
    expect(page.get_by_role("columnheader", name="CRN")).to_be_in_viewport(ratio=0.9)
    change.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change 3 sections")


def test_rows_are_ticked_by_key_and_all_unticked(page):
    for key in ("j", "x", "j", "x", "k", "x"):
        page.keyboard.press(key)
    expect(boxes(page).nth(0)).not_to_be_checked()
    expect(boxes(page).nth(1)).to_be_checked()
    untick = page.get_by_role("button", name="Untick all")
    untick.click()
    expect(untick).to_be_hidden()
    expect(page.locator("input[name=ids]:checked")).to_have_count(0)
    expect(page.get_by_label("All on this page")).to_be_focused()


def test_after_a_save_by_key_the_keyboard_goes_on_from_the_row(page):
    for key in ("j", "j", "e"):
        page.keyboard.press(key)
    notes = page.get_by_role("dialog").get_by_label("Notes")
    notes.fill("Bring a laptop")
    notes.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("is saved: Notes")
    page.keyboard.press("j")
    expect(page.locator("tbody tr").nth(2).get_by_role("link").first).to_be_focused()


def test_on_a_phone_a_card_tells_each_thing_once(enter):
    page = enter(f"/terms/{TERM}/sections/", viewport=PHONE)
    card = page.locator("tbody tr").first
    for wide in card.locator("td.wide").all():
        expect(wide).to_be_hidden()
    expect(card.locator("td.meetings")).to_be_visible()
    expect(page.get_by_role("link", name="Title", exact=True)).to_be_visible()
