"""What every page has to be, whatever it shows."""

from axe_playwright_python.sync_playwright import Axe

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SMALL_TARGETS = """
all => all.filter(one => getComputedStyle(one).display !== "inline" && one.className !== "skip")
          .filter(one => one.getBoundingClientRect().height < 32)
          .map(one => one.outerHTML)
"""


CLIPPED = """
all => all.filter(one => one.scrollWidth > one.clientWidth + 1)
          .map(one => one.getAttribute("aria-labelledby"))
"""


def assert_sound(page):
    """Axe finds nothing, targets can be hit, on a narrow screen rows are cards: nothing scrolls sideways."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{page.url}\n{found.generate_report()}"
    targets = page.locator(
        "a:visible, button:visible:not([aria-hidden=true]), summary:visible, "
        "input:visible:not([type=checkbox]):not([type=radio])"
    )
    small = targets.evaluate_all(SMALL_TARGETS)
    assert small == [], f"{page.url}\n{small}"
    if page.viewport_size["width"] == NARROW["width"]:
        assert_no_sideways_scrolling(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
        page.url
    )


def assert_no_sideways_scrolling(page):
    """No table does inside its frame."""
    clipped = page.locator(".table-frame").evaluate_all(CLIPPED)
    assert clipped == [], f"{page.url}\n{clipped}"


def assert_sound_in_every_look(page):
    """The same in light and dark, on a wide and on a narrow screen."""
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert_sound(page)
