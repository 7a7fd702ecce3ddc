"""The week grid: for eyes, keyboards, screen readers, small screens, paper, and without JavaScript."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.soundness import NARROW, SMALL_TARGETS, WIDE
from tests.week_college import HALF, START, TERM, College

pytestmark = pytest.mark.browser
WEEK = f"/terms/{TERM}/week/"
LOOKS = [
    pytest.param({"color_scheme": scheme, "viewport": size}, id=f"{scheme} {size['width']}")
    for scheme in ("light", "dark")
    for size in (WIDE, NARROW)
]
OVERLAPS = """
() => {
  const boxes = [...document.querySelectorAll(".week-block")].map(one => [one, one.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], index) => boxes.slice(index + 1)
    .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
    .map(([other]) => one.getAttribute("aria-label") + " / " + other.getAttribute("aria-label")));
}
"""


@pytest.fixture
def college(transactional_db):
    """A room with a clash on Wednesday, a crosslist, a half of the term, and a class without a time."""
    made = College()
    made.section("BIO", "A", ("MW", "09:00", "09:50", "101"), people=["I1"])
    made.section("CHE", "B", ("W", "09:30", "10:20", "101"))
    shared = [made.section(subject, "X", ("T", "13:00", "14:20", "101")) for subject in ("BIO", "CHE")]
    made.crosslist(*shared)
    made.section("BIO", "H", ("F", "18:00", "20:45", "101", START, HALF), people=["I1", "I2"])
    made.section("BIO", "T", ("", "", "", ""), people=["I1"])
    return made


@pytest.fixture
def open_week(college, person, open_page, sign_in):
    """`open_week(query, …)`: the page for a registrar; the path where `query` is one."""
    person("rita", "REGISTRAR")

    def make(query="", **options):
        page = open_page(WEEK, **options)
        sign_in(page, "rita")
        expect(page.get_by_role("heading", name="Week grid of Spring 2027")).to_be_visible()
        page.goto(WEEK + query)
        return page

    return make


def room(college):
    return f"?room={college.rooms['101'].pk}"


@pytest.mark.parametrize("look", LOOKS)
def test_the_pages_are_sound(college, open_week, look):
    page = open_week(**look)
    for query in ("", room(college), "?instructor=I1", "?department=BIO", "?instructor=I2"):
        page.goto(WEEK + query)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        targets = page.locator("a:visible, button:visible, input:visible, select:visible, summary:visible")
        assert targets.evaluate_all(SMALL_TARGETS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        assert page.evaluate(OVERLAPS) == []


def test_what_is_chosen_before_the_script_is_there_counts(open_week):
    page, held = open_week(), []
    page.get_by_label("A room").select_option(label="HAL 101 (40 seats)")
    page.locator("form", has=page.get_by_label("A room")).get_by_role("button").click()
    expect(page).to_have_title("Week of HAL 101 · Tandem")
    page.route(re.compile(r"/frame[^/]*\.js"), lambda route: held.append(route), times=1)  # noqa: PLW0108  # it marks its handler
    page.goto(page.url, wait_until="commit")
    page.get_by_label("Classes of").select_option("11 Jan 2027 to 10 Mar 2027")
    held.pop().continue_()
    expect(page).to_have_url(re.compile(f"dates={START}_{HALF}"))


@pytest.mark.parametrize("has_javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_week_is_chosen_narrowed_and_a_clash_followed(open_week, has_javascript):
    page = open_week(java_script_enabled=has_javascript)
    page.get_by_label("A room").select_option(label="HAL 101 (40 seats)")
    page.locator("form", has=page.get_by_label("A room")).get_by_role("button").click()
    expect(page).to_have_title("Week of HAL 101 · Tandem")
    expect(page.get_by_text("1 clash").first).to_be_visible()
    page.get_by_label("Classes of").select_option("11 Jan 2027 to 10 Mar 2027")
    if not has_javascript:
        page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile(f"dates={START}_{HALF}"))
    page.get_by_role("link", name="BIO 101 A and CHE 202 B both want HAL 101").click()
    expect(page.locator("tr:target")).to_contain_text("Clashes with")
    page.get_by_role("link", name="HAL 102 →").click()
    expect(page.get_by_role("heading", name="Free all week")).to_be_visible()


def test_arrow_keys_move_between_classes_and_one_takes_the_tab_key(college, open_week):
    page = open_week(room(college))
    blocks = page.locator("a.week-block")
    assert [blocks.nth(at).get_attribute("tabindex") for at in range(blocks.count())].count("0") == 1
    blocks.first.focus()
    steps = [
        ("ArrowRight", "BIO 101 X, Tuesday"),
        ("ArrowRight", "CHE 202 X, Tuesday"),
        ("ArrowLeft", "BIO 101 X, Tuesday"),
        ("End", "BIO 101 H, Friday"),
        ("Home", "BIO 101 A, Monday"),
        ("ArrowUp", "BIO 101 A, Monday"),
    ]
    for key, expected in steps:
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(expected), key
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("BIO 101 A")


def test_without_javascript_the_tab_key_reaches_every_class(college, open_week):
    page = open_week(room(college), java_script_enabled=False)
    blocks = page.locator("a.week-block")
    assert blocks.count() == 6
    assert [blocks.nth(at).get_attribute("tabindex") for at in range(6)] == [None] * 6


def test_a_week_is_printed_on_one_page(college, open_week):
    page = open_week(room(college))
    sheets = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True))
    assert len(sheets) == 1


def test_the_name_of_a_class_is_whole_in_a_wide_picture(college, open_week):
    page = open_week("?department=BIO")
    cut = page.locator(".week-block b").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth)"
    )
    assert cut == []
