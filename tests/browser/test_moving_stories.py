"""Moving classes in the week grid: by the keyboard, by dragging, without JavaScript, and what is locked."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from phases.models import Phase, TimelineEntry
from scheduling.models import Meeting, Room
from tests.browser.soundness import assert_sound_in_every_look
from tests.week_college import TERM

pytestmark = pytest.mark.browser
WEEK = f"/terms/{TERM}/week/"


def meeting(section):
    one = Meeting.objects.get(section=section)
    return one.days, f"{one.start_time:%H:%M}", f"{one.end_time:%H:%M}", str(one.room)


def test_a_class_is_moved_with_the_keyboard_and_nothing_is_saved_unseen(college, open_week):
    page = open_week(f"?room={college.rooms['101'].pk}")
    said, dialog = page.locator("[data-week-said]"), page.locator("dialog[open]")
    block = page.get_by_label("BIO 101 A, Wednesday")
    block.focus()
    for key in ("m", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(said).to_contain_text("Thursday 9:15 am. Enter shows what that would mean")
    page.keyboard.press("Escape")
    expect(said).to_have_text("Put back.")
    expect(page.locator(".week-ghost")).to_have_count(0)
    expect(block).to_be_focused()
    for key in ("m", "ArrowLeft", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(dialog).to_contain_text("MT 9:15–10:05 am · HAL 101")
    expect(dialog).to_contain_text("Cannot be saved: HAL 101 is taken")
    assert meeting(college.a) == ("MW", "09:00", "09:50", "HAL 101")
    dialog.get_by_role("button", name="HAL 102").click()
    expect(dialog).to_contain_text("The checks find nothing against it.")
    dialog.get_by_role("button", name="Move it").last.click()
    expect(page.get_by_text("BIO 101 A is saved: Meetings.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Week of HAL 101")
    assert meeting(college.a) == ("MT", "09:15", "10:05", "HAL 102")


def test_a_class_is_dragged_to_another_room_and_left_where_it_was(college, open_week):
    page = open_week("?building=HAL", viewport={"width": 1280, "height": 900})
    dialog = page.locator("dialog[open]")
    bar = page.locator("a.week-bar").first
    box = bar.bounding_box()
    target = page.locator(f"svg[data-day=R][data-room='{Room.objects.get(number='103')}']").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y)
    at_ten = target["x"] + target["width"] * 2 / 10 + box["width"] / 2
    page.mouse.move(at_ten, target["y"] + target["height"] / 2, steps=4)
    expect(page.locator("[data-week-said]")).to_contain_text("Thursday 10:00 am, HAL 103")
    page.mouse.up()
    expect(dialog).to_contain_text("WR 10:00–10:50 am · HAL 103")
    dialog.get_by_text("Leave it where it is").click()
    expect(page.locator(".week-ghost")).to_have_count(0)
    expect(page).to_have_title("Week of Holland Hall · Tandem")
    assert meeting(college.a) == ("MW", "09:00", "09:50", "HAL 101")


def test_a_locked_class_stays_and_says_why_and_a_click_still_opens_it(college, open_week, person):
    person("sam", "SCHEDULER")
    TimelineEntry.objects.create(
        term_id=TERM, phase=Phase.objects.get(name="Closed"), starts_at=timezone.now()
    )
    page = open_week("?department=BIO")
    page.context.clear_cookies()
    page.goto(f"/sign-in/?next={WEEK}?department=BIO")
    page.get_by_label("Username").fill("sam")
    page.get_by_label("Password").fill("a long made-up password")
    page.get_by_role("button", name="Sign in").click()
    block = page.locator("a.week-block").first
    box = block.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 20, steps=3)
    page.mouse.up()
    expect(page.locator("[data-week-said]")).to_contain_text(
        "locked in Closed; the Registrar may change them"
    )
    expect(page.locator(".week-ghost, .week-move")).to_have_count(0)
    block.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("BIO 101 A")


def test_without_javascript_the_link_of_a_class_moves_it(college, open_week):
    page = open_week("?department=BIO", java_script_enabled=False)
    page.get_by_role("row", name="BIO 101 B").get_by_role("link", name="Move").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Move BIO 101 B")
    page.get_by_label("Starts").fill("15:00")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("T 3:00–3:50 pm · HAL 101")).to_be_visible()
    page.get_by_role("button", name="Move it").last.click()
    expect(page.get_by_text("BIO 101 B is saved: Meetings.")).to_be_visible()
    expect(page).to_have_title("Week of Biology · Tandem")


def test_a_week_that_is_counted_by_hour_is_sound_in_every_look(college, open_week, monkeypatch):
    monkeypatch.setattr("scheduling.week_density.MOST_DRAWN", 1)
    assert_sound_in_every_look(open_week("?department=BIO"))
