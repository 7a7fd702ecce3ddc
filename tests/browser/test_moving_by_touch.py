"""Moving classes in the week grid with a finger: it rests to pick up, and scrolls otherwise."""

import pytest
from playwright.sync_api import expect

from scheduling.models import Room
from tests.browser.test_moving_stories import meeting

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
TABLET = {"viewport": {"width": 1024, "height": 900}, "has_touch": True, "is_mobile": True}
A_REST = 700
"""Milliseconds: longer than a finger has to rest."""


class Finger:
    """One finger on the screen, as the browser itself is told of it."""

    def __init__(self, page):
        self.page, self.told = page, page.context.new_cdp_session(page)

    def _tell(self, kind, *points):
        self.told.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]},
        )

    def down(self, x, y):
        self.at = (x, y)
        self._tell("touchStart", self.at)

    def go(self, x, y, steps=8):
        (from_x, from_y), self.at = self.at, (x, y)
        for step in range(1, steps + 1):
            part = step / steps
            self._tell("touchMove", (from_x + (x - from_x) * part, from_y + (y - from_y) * part))

    def join(self, x, y):
        """Another finger comes down beside it."""
        self._tell("touchStart", self.at, (x, y))

    def up(self):
        self._tell("touchEnd")

    def rest_on(self, block):
        """Put it down on a class and leave it there until the class is picked up."""
        block.scroll_into_view_if_needed()
        box = block.bounding_box()
        x, y = box["x"] + 30, box["y"] + 12
        self.down(x, y)
        self.page.wait_for_timeout(A_REST)
        return x, y


def test_a_finger_that_rests_on_a_class_carries_it_and_the_form_asks(college, open_week):
    page = open_week(f"?room={college.rooms['101'].pk}", **TABLET)
    finger, said = Finger(page), page.locator("[data-week-said]")
    expect(page.get_by_text("Rest a finger on a class to move it.")).to_be_visible()
    block = page.get_by_label("BIO 101 A, Wednesday")
    _x, y = finger.rest_on(block)
    expect(said).to_contain_text("Wednesday 9:00 am")
    thursday = page.locator("svg[data-day=R]").bounding_box()
    finger.go(thursday["x"] + thursday["width"] / 2, y)
    expect(said).to_contain_text("Thursday 9:00 am")
    finger.up()
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("MR 9:00–9:50 am · HAL 101")
    assert meeting(college.a) == ("MW", "09:00", "09:50", "HAL 101")
    dialog.get_by_role("button", name="Move it").last.tap()
    expect(page.get_by_text("BIO 101 A is saved: Meetings.")).to_be_visible()
    assert meeting(college.a) == ("MR", "09:00", "09:50", "HAL 101")


def test_near_an_edge_the_picture_scrolls_on_to_the_next_day(college, open_week):
    page = open_week(f"?room={college.rooms['101'].pk}", **PHONE)
    finger, said = Finger(page), page.locator("[data-week-said]")
    _x, y = finger.rest_on(page.get_by_label("BIO 101 A, Monday"))
    finger.go(372, y)
    expect(said).to_contain_text("Friday 9:00 am")
    finger.up()
    expect(page.locator("dialog[open]")).to_contain_text("WF 9:00–9:50 am · HAL 101")
    page.locator("dialog[open]").get_by_text("Leave it where it is").tap()
    expect(page.locator(".week-ghost")).to_have_count(0)
    assert meeting(college.a) == ("MW", "09:00", "09:50", "HAL 101")


def test_a_finger_that_moves_at_once_scrolls_and_moves_no_class(college, open_week):
    page = open_week(f"?room={college.rooms['101'].pk}", **PHONE)
    finger, frame = Finger(page), page.locator("[data-week]")
    block = page.get_by_label("BIO 101 A, Monday")
    block.scroll_into_view_if_needed()
    box = block.bounding_box()
    finger.down(box["x"] + 120, box["y"] + 12)
    finger.go(box["x"] - 60, box["y"] + 12)
    page.wait_for_timeout(A_REST)
    finger.up()
    assert frame.evaluate("frame => frame.scrollLeft") > 0
    expect(page.locator(".week-ghost, dialog[open]")).to_have_count(0)


def test_a_tap_opens_the_class_and_a_rest_that_goes_nowhere_leaves_it(college, open_week):
    page = open_week(f"?room={college.rooms['101'].pk}", **PHONE)
    finger, block = Finger(page), page.get_by_label("BIO 101 A, Monday")
    finger.rest_on(block)
    finger.up()
    expect(page.locator("[data-week-said]")).to_have_text("Put back.")
    expect(page.locator(".week-ghost, dialog[open]")).to_have_count(0)
    block.tap()
    expect(page.get_by_role("heading", level=1)).to_contain_text("BIO 101 A")


def test_a_second_finger_puts_the_class_back(college, open_week):
    page = open_week(f"?room={college.rooms['101'].pk}", **TABLET)
    finger = Finger(page)
    x, y = finger.rest_on(page.get_by_label("BIO 101 A, Monday"))
    expect(page.locator(".week-ghost")).to_have_count(1)
    finger.join(x + 80, y + 200)
    expect(page.locator(".week-ghost")).to_have_count(0)
    finger.up()
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_in_the_week_of_a_building_a_finger_carries_a_class_to_another_room(college, open_week):
    page = open_week("?building=HAL", **TABLET)
    finger, said = Finger(page), page.locator("[data-week-said]")
    bar = page.locator("a.week-bar").first
    box = bar.bounding_box()
    x = box["x"] + box["width"] / 2
    finger.down(x, box["y"] + box["height"] / 2)
    page.wait_for_timeout(A_REST)
    room = Room.objects.get(number="103")
    target = page.locator(f"svg[data-day=M][data-room='{room}']").bounding_box()
    finger.go(x, target["y"] + target["height"] / 2)
    expect(said).to_contain_text("Monday 9:00 am, HAL 103")
    finger.up()
    expect(page.locator("dialog[open]")).to_contain_text("MW 9:00–9:50 am · HAL 103")
