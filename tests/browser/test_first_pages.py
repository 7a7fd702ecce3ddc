"""Signing in, the terms, signing out: for eyes, keyboards, screen readers, small screens and paper."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from integration.models import MergeRun, TermSwitch
from scheduling.models import Term
from tests.browser.soundness import NARROW, WIDE, assert_sound

pytestmark = pytest.mark.browser
TYPES = ("courses", "sections", "relationships")


@pytest.fixture
def terms(transactional_db):
    """Two terms; the first is on, and its runs (and the reference data's) ended in every way."""
    today, now = timezone.localdate(), timezone.now()
    spring, fall = (
        Term.objects.create(code=code, name=name, start_date=start, end_date=start + dt.timedelta(days=110))
        for code, name, start in [
            ("20271", "Spring 2027", today),
            ("20263", "Fall 2026", today - dt.timedelta(days=200)),
        ]
    )
    for merge_type in TYPES:
        TermSwitch.objects.create(term=spring, merge_type=merge_type, is_nightly=True)
    places = [(spring, one) for one in TYPES] + [(None, one) for one in ("terms", "departments", "buildings")]
    for (term, merge_type), status in zip(places, MergeRun.Status, strict=True):
        MergeRun.objects.create(
            merge_type=merge_type,
            term=term,
            status=status,
            started_at=now,
            finished_at=None if status == MergeRun.Status.RUNNING else now,
            counts={"read": 951, "local_create": 12, "held": 3},
            error={"message": "The SIS did not answer within 30 seconds."} if status == "FAILED" else None,
        )
    return [spring, fall]


@pytest.mark.parametrize("has_javascript", [True, False], ids=["javascript", "no javascript"])
def test_a_registrar_signs_in_sees_the_terms_and_signs_out(terms, person, open_page, sign_in, has_javascript):
    person("rita", "REGISTRAR", first_name="Rita", last_name="Registrar")
    page = open_page("/", java_script_enabled=has_javascript)
    expect(page).to_have_title("Sign in · Tandem")
    sign_in(page, "rita", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    sign_in(page, "rita")
    expect(page).to_have_title("Terms · Tandem")
    row = page.get_by_role("row").filter(has_text="Spring 2027")
    expect(row).to_contain_text("Import, Nightly")
    expect(row).to_contain_text("Done, with issues")
    page.get_by_text("Rita Registrar").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · Tandem")
    page.goto("/")
    expect(page).to_have_title("Sign in · Tandem")


def test_a_password_is_changed_with_the_keyboard_alone(person, open_page, sign_in):
    person("rita", "REGISTRAR")
    page = open_page("/password/")
    expect(page.get_by_label("Username")).to_be_focused()  # a person, too, sees the cursor first
    page.keyboard.type("rita")
    page.keyboard.press("Tab")
    page.keyboard.type("a long made-up password")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Change password · Tandem")
    expect(page.locator("input:focus")).to_have_count(1)
    for text in ("a long made-up password", "another long password", "another long password"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your password is changed.")


def test_the_first_tab_leads_past_the_frame(terms, person, open_page, sign_in):
    person("rita", "REGISTRAR")
    page = open_page("/")
    sign_in(page, "rita")
    expect(page.get_by_role("heading", name="Terms", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


LOOKS = [
    pytest.param({"color_scheme": scheme, "viewport": size}, id=f"{scheme} {size['width']}")
    for scheme in ("light", "dark")
    for size in (WIDE, NARROW)
]
FOCUSED = """
() => [document.activeElement.outerHTML, getComputedStyle(document.activeElement).outlineStyle]
"""


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible(terms, person, open_page, sign_in, look):
    person("rita", "REGISTRAR")
    page = open_page("/sign-in/", **look)
    assert_sound(page)
    sign_in(page, "rita", "wrong")
    assert_sound(page)
    sign_in(page, "rita")
    expect(page.get_by_text("Waits for approval")).to_be_visible()
    assert_sound(page)
    page.locator(".menu summary").click()
    assert_sound(page)
    page.get_by_role("link", name="Change password").click()
    assert_sound(page)
    for label in ("Old password", "New password", "New password confirmation"):
        page.get_by_label(label, exact=True).fill("x")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_sound(page)


@pytest.mark.parametrize("look", LOOKS)
def test_what_others_see_is_accessible(person, open_page, sign_in, look):
    person("vic", "VIEWER")
    page = open_page("/", **look)
    sign_in(page, "vic")
    expect(page.get_by_role("heading", name="No term yet")).to_be_visible()
    assert_sound(page)
    Term.objects.create(code="20271", name="Spring", start_date="2027-02-01", end_date="2027-05-28")
    page.reload()
    expect(page.get_by_role("row").filter(has_text="Spring")).to_contain_text("1 Feb 2027 to 28 May 2027")
    assert_sound(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_of_failure_is_accessible(person, browser, live_server, sign_in, scheme):
    """Not by `open_page`: a browser reports a failed request on its console."""
    person("nora")
    page = browser.new_context(base_url=live_server.url, color_scheme=scheme).new_page()
    page.goto("/nothing-here/")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert_sound(page)
    page.goto("/")
    sign_in(page, "nora")
    expect(page.get_by_role("heading", name="You may not see this")).to_be_visible()
    assert_sound(page)
    page.context.close()


def test_focus_can_be_seen_on_everything_that_takes_it(terms, person, open_page, sign_in):
    person("rita", "REGISTRAR")
    page = open_page("/")
    sign_in(page, "rita")
    page.locator(".menu summary").click()
    page.keyboard.press("Shift+Tab")
    seen = set()
    for _press in range(7):
        focused, outline = page.evaluate(FOCUSED)
        assert outline == "solid", focused
        seen.add(focused)
        page.keyboard.press("Tab")
    assert len(seen) == 7


def test_paper_shows_the_list_and_not_the_frame(terms, person, open_page, sign_in):
    person("rita", "REGISTRAR")
    page = open_page("/")
    sign_in(page, "rita")
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="Terms")).to_be_visible()
    expect(page.locator(".topbar")).to_be_hidden()
    expect(page.locator(".side")).to_be_hidden()
