"""Editing a section as people do: in a dialog, on a page, by mouse and keyboard, without JavaScript."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from phases.models import Phase, TimelineEntry
from scheduling.models import Section
from scheduling.selectors import values_of_sections
from tests.browser.soundness import NARROW, WIDE, assert_sound
from tests.campus import TERM

pytestmark = pytest.mark.browser
LIST = f"/terms/{TERM}/sections/"
SIZES = [pytest.param(size, id=str(size["width"])) for size in (WIDE, NARROW)]


def state(campus, sis_id="S1"):
    return values_of_sections([campus.id_of(sis_id)])[campus.id_of(sis_id)].values


def edit_page(campus, sis_id="S1"):
    return f"/sections/{campus.id_of(sis_id)}/edit/"


def save(page):
    page.get_by_role("button", name="Save", exact=True).last.click()


@pytest.mark.parametrize("size", SIZES)
def test_a_section_is_edited_in_a_dialog_over_the_list_and_saved(campus, enter, size):
    here = f"{LIST}?department=BIO"
    page = enter(here, viewport=size)
    page.get_by_role("link", name="Edit BIO 101 A").click()
    dialog = page.get_by_role("dialog", name="Edit BIO 101 A")
    expect(dialog).to_be_visible()
    assert_sound(page)
    dialog.get_by_label("Title").fill("Cells and Genes")
    dialog.get_by_label("Notes").fill("Bring a laptop")
    save(dialog)
    page.wait_for_url(f"**{here}")
    expect(page.get_by_role("main")).to_contain_text("BIO 101 A is saved: Title, Notes.")
    assert (state(campus)["title"], state(campus)["notes"]) == ("Cells and Genes", "Bring a laptop")


@pytest.mark.parametrize("size", SIZES)
def test_what_is_wrong_is_told_in_the_dialog_and_leads_to_the_field(campus, enter, size):
    page = enter(LIST, viewport=size)
    page.get_by_role("link", name="Edit BIO 101 A").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Typed before")
    dialog.get_by_label("Capacity", exact=True).fill("many")
    save(dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("it must be a whole number")
    assert_sound(page)
    dialog.get_by_role("alert").get_by_role("link").click()
    expect(dialog.get_by_label("Capacity", exact=True)).to_be_focused()
    expect(dialog.get_by_label("Title")).to_have_value("Typed before")
    assert state(campus)["title"] == "Title of S1"


@pytest.mark.parametrize("size", SIZES)
def test_a_locked_field_is_seen_with_the_reason(campus, enter, size):
    phase = Phase.objects.get(name="Closed")
    TimelineEntry.objects.create(term_id=TERM, phase=phase, starts_at=timezone.now())
    page = enter(edit_page(campus), name="sam", role="SCHEDULER", viewport=size)
    title = page.get_by_label(re.compile("^Title"))
    expect(title).to_be_disabled()
    expect(title).to_have_value("Title of S1")
    expect(title).to_have_accessible_description("Title is locked in Closed; the Registrar may change it.")
    expect(page.get_by_role("button", name="Save", exact=True).last).to_be_disabled()
    assert_sound(page)


@pytest.mark.parametrize("size", SIZES)
def test_a_clash_is_seen_while_typing_and_gone_with_a_free_room(campus, enter, size):
    page = enter(edit_page(campus), viewport=size)
    first = page.locator(".meeting-row").first
    for day in ("Mon", "Wed", "Fri"):
        first.get_by_label(day).uncheck(force=True)
    for day in ("Tue", "Thu"):
        first.get_by_label(day).check(force=True)
    checks = page.locator("[data-checks]")
    expect(checks).to_contain_text("HAL 101 is taken TR 9:00–10:20 am by BIO 101 B")
    expect(checks).to_have_attribute("aria-live", "polite")
    assert_sound(page)
    checks.get_by_role("button", name="HAL 103").click()
    expect(first.get_by_label("Room")).to_have_value("HAL 103")
    expect(checks).to_contain_text("The checks find nothing against it.")
    assert Section.objects.get(pk=campus.id_of("S1")).version == 1
    save(page)
    expect(page.get_by_role("main")).to_contain_text("BIO 101 A is saved: Meetings.")
    assert [(one.days, one.room) for one in state(campus)["meetings"]] == [("TR", "103")]


def test_usual_times_fill_the_row(campus, enter):
    page = enter(edit_page(campus))
    empty = page.locator(".meeting-row").nth(1)
    empty.get_by_label("Usual times").select_option(label="MWF 11:00–11:50 am")
    expect(empty.get_by_label("Starts")).to_have_value("11:00")
    expect(empty.get_by_label("Wed")).to_be_checked()


def test_a_row_is_added_in_the_dialog_without_losing_what_is_typed(campus, enter):
    page = enter(LIST)
    page.get_by_role("link", name="Edit BIO 101 A").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Title").fill("Typed before")
    dialog.get_by_role("button", name="Add a meeting").click()
    expect(dialog.locator(".meeting-row")).to_have_count(3)
    dialog.get_by_role("button", name="Add an instructor").click()
    expect(dialog.locator(".team-row")).to_have_count(3)
    expect(dialog.get_by_label("Title")).to_have_value("Typed before")


@pytest.mark.parametrize("size", SIZES)
def test_two_people_at_once_see_three_values_and_lose_nothing(campus, enter, size):
    page = enter(edit_page(campus), viewport=size)
    page.get_by_label("Title").fill("Mine")
    page.get_by_label("Notes").fill("Also mine")
    campus.edit("S1", title="Theirs", capacity=25)
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("kim saved this section while you were editing it.")
    values = page.locator(".overlap .three-values")
    for words in ("Title of S1", "Mine", "Theirs"):
        expect(values).to_contain_text(words)
    assert_sound(page)
    page.get_by_role("radio", name="Theirs").check()
    save(page)
    expect(page.get_by_role("main")).to_contain_text("BIO 101 A is saved: Notes.")
    now = state(campus)
    assert (now["title"], now["notes"], now["capacity"]) == ("Theirs", "Also mine", 25)


@pytest.mark.parametrize("size", SIZES)
def test_enrolled_students_are_asked_about_in_the_dialog(campus, enter, size):
    page = enter(f"/sections/{campus.id_of('S2')}/", viewport=size)
    page.get_by_role("link", name="Edit", exact=True).click()
    dialog = page.get_by_role("dialog", name="Edit BIO 101 B")
    dialog.get_by_label("Starts").first.fill("09:05")
    save(dialog)
    expect(dialog.get_by_role("alert")).to_contain_text("touches its 12 enrolled students")
    assert_sound(page)
    dialog.get_by_role("button", name="Yes, save; 12 students are touched").click()
    expect(page.get_by_role("main")).to_contain_text("BIO 101 B is saved: Meetings.")
    assert state(campus, "S2")["meetings"][0].start_time == "09:05"


@pytest.mark.parametrize("size", SIZES)
def test_a_section_is_made_copied_cancelled_made_active_and_deleted(campus, enter, size):
    page = enter(LIST, viewport=size)
    main = page.get_by_role("main")
    main.get_by_role("link", name="New section").click()
    main.get_by_label("Course").fill("BIO-101")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label(re.compile("^Section number"))).to_have_value("C")
    page.get_by_role("button", name="Make the section").last.click()
    expect(main).to_contain_text("BIO 101 C is made.")
    page.get_by_role("link", name="Copy", exact=True).click()
    dialog = page.get_by_role("dialog", name="Copy BIO 101 C")
    expect(dialog.get_by_label(re.compile("^Section number"))).to_have_value("D")
    assert_sound(page)
    dialog.get_by_role("button", name="Make the section").last.click()
    expect(main).to_contain_text("BIO 101 D is made.")
    page.get_by_role("link", name="Cancel section").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("stays in the schedule as cancelled")
    assert_sound(page)
    dialog.get_by_label("Why").fill("Too few students")
    dialog.get_by_role("button", name="Cancel the section").click()
    expect(main).to_contain_text("BIO 101 D is cancelled.")
    expect(main).to_contain_text("Too few students")
    page.get_by_role("link", name="Make active again").click()
    dialog.get_by_role("button", name="Make it active again").click()
    expect(main).to_contain_text("BIO 101 D is active again.")
    page.get_by_role("link", name="Delete section").click()
    dialog.get_by_role("button", name="Delete the section").click()
    expect(main).to_contain_text("BIO 101 D is deleted.")
    assert not Section.objects.filter(section_number="D").exists()


def test_a_section_is_edited_with_the_keyboard_alone(campus, enter):
    page = enter(f"{LIST}?department=BIO")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="BIO 101 A", exact=True)).to_be_focused()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Edit BIO 101 A")
    expect(dialog.get_by_label("Mon").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="BIO 101 A", exact=True)).to_be_focused()
    page.keyboard.press("e")
    expect(dialog.get_by_label("Mon").first).to_be_focused()
    title = dialog.get_by_label("Title")
    for _key in range(90):
        page.keyboard.press("Tab")
        if title.evaluate("one => one === document.activeElement"):
            break
    expect(title).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("BIO 101 A is saved: Title.")
    assert state(campus)["title"] == "By keyboard"


def test_a_dialog_with_changes_asks_before_it_closes(campus, enter):
    page = enter(LIST)
    asked = []

    def stay(question):
        asked.append(question.message)
        question.dismiss()

    page.on("dialog", stay)
    page.get_by_role("link", name="Edit BIO 101 A").click()
    dialog = page.get_by_role("dialog", name="Edit BIO 101 A")
    dialog.get_by_label("Title").fill("Not lost")
    page.keyboard.press("Escape")
    expect(dialog.get_by_label("Title")).to_have_value("Not lost")
    dialog.get_by_role("link", name="Cancel", exact=True).click()
    expect(dialog.get_by_label("Title")).to_have_value("Not lost")
    assert len(asked) == 2


@pytest.mark.parametrize("size", SIZES)
def test_from_the_list_to_a_saved_section_without_javascript(campus, enter, size):
    here = f"{LIST}?department=BIO"
    page = enter(here, viewport=size, java_script_enabled=False)
    page.get_by_role("link", name="Edit BIO 101 A").click()
    expect(page.get_by_role("heading", name="Edit BIO 101 A")).to_be_visible()
    page.get_by_label("Title").fill("Plain")
    page.get_by_label("Room", exact=True).first.fill("HAL 102")
    page.get_by_role("button", name="Add a meeting").click()
    expect(page.get_by_label("Title")).to_have_value("Plain")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("main")).to_contain_text("The checks find nothing against it.")
    save(page)
    expect(page.get_by_role("main")).to_contain_text("BIO 101 A is saved: Title, Meetings.")
    assert page.url.endswith(here)
    assert (state(campus)["title"], state(campus)["meetings"][0].room) == ("Plain", "102")
