"""The console's forms with the keyboard alone, and on a phone: their confirmations, too."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from integration.models import Conflict, Plan
from phases.models import Exemption, Phase, TimelineEntry
from scheduling.models import Role
from tests.browser.soundness import NARROW, assert_no_sideways_scrolling, assert_sound_in_every_look
from tests.campus import TERM
from tests.merge_desk import Desk, large_tables

pytestmark = pytest.mark.browser
MOST_TABS = 150


@pytest.fixture
def desk(transactional_db, tmp_path, settings):
    """A term with a conflict and a held plan."""
    made = Desk(folder=tmp_path / "sis", tables=large_tables(60), django_settings=settings)
    made.first_load()
    made.enable()
    made.edit("M031", title="Cells and Genes")
    made.edit_in_sis("M031", title="Cells & Genes")
    made.run("sections")
    made.held_removals()
    return made


@pytest.fixture
def console(desk, person, open_page, sign_in):
    """`console(path, …)`: the page, as an admin sees it."""
    person("ada", "REGISTRAR", has_admin=True)

    def make(path, **options):
        page = open_page(path, **options)
        sign_in(page, "ada")
        page.wait_for_url(lambda url: "sign-in" not in url)
        page.get_by_role("main").evaluate("main => { main.tabIndex = -1; main.focus(); }")
        return page

    return make


def tab_to(page, wanted):
    """Press Tab until `wanted` has the focus, which must be in sight with its ring."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            expect(wanted).to_be_in_viewport(ratio=0.9)
            assert wanted.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
            return
    pytest.fail(f"Tab never comes to {wanted}")


def press(page, wanted, key="Enter"):
    tab_to(page, wanted)
    page.keyboard.press(key)


def button(page, name):
    return page.get_by_role("main").get_by_role("button", name=name).first


def write(page, label, text):
    tab_to(page, page.get_by_role("main").get_by_label(label, exact=True))
    page.keyboard.type(text)


def test_a_role_is_made_and_changed(console):
    page = console("/console/roles/new/")
    write(page, "Name", "Dean")
    press(page, page.get_by_label("Begins with the rules of"), "v")  # Viewer
    press(page, button(page, "Show what it will be"))
    press(page, button(page, "Make the role Dean"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Role Dean")
    tab_to(page, page.get_by_label("Import and export: Not given"))
    page.keyboard.press("ArrowRight")
    press(page, page.get_by_role("main").get_by_role("button", name="Show what changes").last)
    press(page, button(page, "Save 1 change"))
    expect(page.get_by_text("Saved the role Dean.")).to_be_visible()
    assert Role.objects.get(name="Dean").permissions.get(permission="import_and_export").grant == "ALLOW"


def test_a_phase_is_made_with_a_rule(console):
    page = console("/console/phases/new/")
    write(page, "Name", "Late")
    press(page, page.get_by_label("Title: Scheduler"), "l")  # Locked
    press(page, page.get_by_role("main").get_by_role("button", name="Show what changes").last)
    press(page, button(page, "Save 2 changes"))
    expect(page.get_by_text("Saved the phase Late.")).to_be_visible()


def test_a_timeline_gets_a_switch(console):
    page = console(f"/console/timelines/{TERM}/")
    write(page, "Day of line 1", "01122027")
    press(page, page.get_by_label("Phase of line 1"), "d")  # Draft
    press(page, button(page, "Show what changes"))
    press(page, button(page, "Save 1 change"))
    expect(page.get_by_text("Saved the timeline of")).to_be_visible()
    assert TimelineEntry.objects.get().phase.name == "Draft"


def test_an_exemption_is_granted_and_ended(console):
    page = console("/console/exemptions/new/")
    main = page.get_by_role("main")
    press(page, main.get_by_label("User"), "a")
    press(page, main.get_by_label("Term", exact=True), "s")  # Spring 2027
    write(page, "Section", "BIO-101-001")
    write(page, "Until the day", "01122099")
    write(page, "Why", "The room moved")
    press(page, main.get_by_label("Title"), "Space")
    press(page, button(page, "Show what it opens"))
    press(page, button(page, "Grant the exemption"))
    expect(main.get_by_text("Granted ada an exemption until 12 Jan 2099")).to_be_visible()
    press(page, main.get_by_role("link", name="End the exemption of ada").first)
    press(page, button(page, "End it now"))
    expect(main.get_by_text("Ended the exemption of ada.")).to_be_visible()
    assert Exemption.objects.get().until <= timezone.now()


def test_merge_settings_are_changed(console):
    page = console("/console/settings/types/sections/")
    tab_to(page, page.get_by_label("Title: As default"))
    page.keyboard.press("ArrowRight")
    press(page, page.get_by_role("main").get_by_role("button", name="Show what changes").last)
    press(page, page.get_by_role("main").get_by_role("button", name="Save").first)
    expect(page.get_by_role("heading", level=1)).to_have_text("Merge Settings")


def test_a_conflict_is_settled(console):
    page = console("/console/conflicts/")
    press(page, page.get_by_role("main").get_by_role("link", name="In full").first)
    press(page, button(page, "Take the SIS's"))
    expect(page.get_by_role("main")).to_contain_text("Cells & Genes")
    assert Conflict.objects.get().status == "RESOLVED"


def test_a_plan_is_approved_by_its_number(console):
    plan = Plan.objects.get(status="NEEDS_APPROVAL")
    page = console(f"/console/plans/{plan.pk}/")
    press(page, button(page, "Remove"))
    number = page.get_by_role("main").get_by_label("To go on, type that number")
    tab_to(page, number)
    page.keyboard.type(str(plan.rows.filter(action="DELETE").count()))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Approval of plan {plan.pk}")
    assert plan.requests.get().actor.username == "ada"


def test_a_plan_is_refused(console):
    plan = Plan.objects.get(status="NEEDS_APPROVAL")
    page = console(f"/console/plans/{plan.pk}/")
    main = page.get_by_role("main")
    press(page, main.get_by_text("Refuse the whole plan"))
    write(page, "Why do you refuse it?", "Not yet")
    press(page, main.get_by_role("button", name="Refuse").first)
    expect(main).to_contain_text("Refused")
    plan.refresh_from_db()
    assert plan.status == "REJECTED"


def test_what_changes_is_read_on_a_phone_without_scrolling_sideways(console):
    page = console("/console/roles/of/SCHEDULER/", viewport=NARROW)
    main = page.get_by_role("main")
    main.get_by_label("Edit roles: Allow within").check()
    page.get_by_role("button", name="Show what changes").first.click()
    expect(main).to_contain_text("Save 1 change")
    assert_sound_in_every_look(page)
    page.set_viewport_size(NARROW)
    draft = Phase.objects.get(name="Draft").pk
    page.goto(f"/console/phases/{draft}/")
    main.get_by_label("Title: Scheduler").select_option(label="Locked")
    page.get_by_role("button", name="Show what changes").first.click()
    expect(main).to_contain_text("Locks while the phase holds.")
    assert_no_sideways_scrolling(page)


def test_on_a_phone_the_word_of_a_choice_is_a_part_of_it(console):
    page = console("/console/roles/of/VIEWER/", viewport=NARROW)
    choice = page.get_by_label("Edit roles: Deny")
    choice.scroll_into_view_if_needed()
    box = choice.locator("..").bounding_box()
    own = choice.bounding_box()
    assert box["width"] > own["width"] + 25, "the word stands beside the choice"
    page.mouse.click(box["x"] + box["width"] - 5, box["y"] + box["height"] / 2)
    expect(choice).to_be_checked()
