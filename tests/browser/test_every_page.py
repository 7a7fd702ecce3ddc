"""Every page with something on it: sound in light and dark, wide and narrow, and read without JavaScript."""

import re
from datetime import timedelta

import pytest
from django.urls import URLPattern, reverse
from django.utils import timezone
from playwright.sync_api import expect

import adminconsole.urls
import integration.urls
import scheduling.urls
from integration.models import Conflict, MergeProfileVersion, MergeRequest, MergeRun, Plan
from integration.requests import carry_out, request_merge
from integration.sis.port import MergeType
from phases.models import Exemption, Phase, TimelineEntry
from scheduling.models import (
    ChangeRequest,
    Course,
    Department,
    Relationship,
    Room,
    Section,
    SectionUpload,
    User,
)
from scheduling.section_columns import COLUMNS
from tests.browser.soundness import NARROW, assert_sound_in_every_look
from tests.campus import TERM
from tests.merge_desk import Desk, large_tables

pytestmark = pytest.mark.browser
PAGES = {
    one.name
    for urls in (adminconsole.urls, integration.urls, scheduling.urls)
    for one in urls.urlpatterns
    if isinstance(one, URLPattern)
}
ELSEWHERE = {
    *("login", "logout", "password_change", "switch_term", "saved_lists"),
    *("run_csv", "sections_export", "sections_export_workbook"),
}
"""No pages to look at, or looked at in test_first_pages."""
DATES = ("2027-02-01", "2027-05-28")
TABLES = large_tables(60) | {
    "meetings": [
        ("M031", 1, "MWF", "09:00", "09:50", "HAL", "101", *DATES),
        ("M032", 1, "MW", "09:30", "10:20", "HAL", "101", *DATES),
    ],
    "section_instructors": [("M031", "I2", 60, "True"), ("M031", "I1", 40, "False")],
    "relationships": [("X1", TERM, "CROSSLIST", 60)],
    "relationship_members": [("X1", "M041", "True"), ("X1", "M042", "False")],
}


@pytest.fixture
def desk(transactional_db, tmp_path, settings):
    """A term at work: a conflict, a refused change, a held plan, settings with a history, two previews."""
    made = Desk(folder=tmp_path / "sis", tables=TABLES, django_settings=settings)
    made.first_load()
    made.enable()
    made.edit("M031", title="Cells and Genes")
    made.edit_in_sis("M031", title="Cells & Genes", notes="Bring a laptop")
    made.edit("M033", capacity=44)
    made.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse", "times": 1}])
    made.run("sections", "--send-updates")
    made.settings(sections={"sources": {"notes": "PREFER_SIS"}})
    made.edit("M035", capacity=45)
    made.edit_in_sis("M036", title="Bonds")
    carry_out(asked_for(made).pk)
    asked_for(made)
    made.held_removals()
    set_phases(made)
    ask_for_a_change(made)
    return made


def ask_for_a_change(desk):
    """Somebody asks for the title of M033, which the phase locks for them."""
    section = Section.objects.get(sis_id="M033")
    ChangeRequest.objects.create(
        term_id=TERM,
        section=section,
        field="title",
        wanted="Cells",
        seen=section.title,
        reason="A typing error",
        requester=desk.registrar,
        asked_at=timezone.now(),
    )


def set_phases(desk):
    """A timeline with a switch before and after now, and somebody who is exempt."""
    now = timezone.now()
    for name, days in (("Draft", -40), ("Registration", 30)):
        phase = Phase.objects.get(name=name)
        TimelineEntry.objects.create(term_id=TERM, phase=phase, starts_at=now + timedelta(days=days))
    Exemption.objects.create(
        term_id=TERM,
        user=desk.registrar,
        department=Department.objects.get(pk="BIO"),
        fields=["title"],
        since=now,
        until=now + timedelta(days=2),
        reason="The room moved",
    )


def asked_for(desk):
    return request_merge(
        types=[MergeType.SECTIONS],
        terms=[TERM],
        is_sending=True,
        is_dry_run=True,
        actor=desk.registrar,
        now=timezone.now(),
    )


def addresses():
    """(name of the address, path) of every page, with something to see."""
    section, course = Section.objects.get(sis_id="M031"), Course.objects.get(sis_id="C1")
    of_term = {"term_code": TERM}
    room = Room.objects.get(number="101")
    runs = MergeRun.objects.filter(merge_type="sections").order_by("id")
    preview, waiting = MergeRequest.objects.order_by("id")
    version = MergeProfileVersion.objects.order_by("-id").first()
    yield from (
        (name, reverse(name))
        for name in ("home", "console", "merge_settings", "merge_settings_terms", "merge_settings_subjects")
    )
    yield from ((name, reverse(name)) for name in ("execute_merge", "runs", "plans", "conflicts", "outbound"))
    yield from (
        (name, reverse(name, kwargs=of_term)) for name in ("sections", "courses", "rooms", "instructors")
    )
    yield "search", reverse("search") + "?q=BIO"
    yield "sections", reverse("sections", kwargs=of_term) + "?q=no+such+thing"
    chosen = "".join(f"&col={one.name}" for one in COLUMNS)
    yield "sections", reverse("sections", kwargs=of_term) + f"?sort=title{chosen}"
    yield "section", reverse("section", args=[section.pk]) + "?why=title"
    yield "section", reverse("section", args=[Section.objects.get(sis_id="M041").pk])
    yield from addresses_of_the_editor(section)
    yield from addresses_of_groups_and_requests(section)
    yield "course", reverse("course", args=[course.pk])
    yield "room", reverse("room", args=[TERM, room.pk])
    yield "instructor", reverse("instructor", args=[TERM, "I1"])
    yield "week", reverse("week", args=[TERM])
    yield "week", reverse("week", args=[TERM]) + f"?room={room.pk}"
    yield "week", reverse("week", args=[TERM]) + "?department=BIO"
    yield "week", reverse("week", args=[TERM]) + "?building=HAL"
    yield "section_move", reverse("section_move", args=[section.pk]) + "?from=M&to=T&start=10:00"
    yield "merge_settings_type", reverse("merge_settings_type", args=["sections"])
    yield "merge_settings_versions", reverse("merge_settings_versions")
    yield "merge_settings_version", reverse("merge_settings_version", args=[version.pk])
    yield "merge_request", reverse("merge_request", args=[preview.pk])
    yield "merge_request", reverse("merge_request", args=[waiting.pk])
    yield from (("run", reverse("run", args=[one.pk])) for one in (runs[0], runs[1]))
    yield "run", reverse("run", args=[runs[1].pk]) + "?show=issues"
    yield "plan", reverse("plan", args=[Plan.objects.get(status="NEEDS_APPROVAL").pk])
    yield "conflict", reverse("conflict", args=[Conflict.objects.get(status="OPEN").pk])
    yield from addresses_of_phases()


def addresses_of_the_editor(section):
    """The form of a section, of a new one, of a copy, and what is asked before a section ends."""
    new = reverse("section_new", args=[TERM])
    yield "section_edit", reverse("section_edit", args=[section.pk])
    yield from (("section_new", new + query) for query in ("", "?course=BIO-101", f"?copy={section.pk}"))
    deeds = ("section_cancel", "section_activate", "section_delete")
    yield from ((name, reverse(name, args=[section.pk])) for name in deeds)
    yield "section_status", reverse("section_status", args=[section.pk])
    yield "section_undo", reverse("section_undo", args=[Section.objects.get(sis_id="M035").pk])
    yield "bulk_edit", reverse("bulk_edit", args=[TERM]) + f"?ids={section.pk}"
    yield "bulk_edit", reverse("bulk_edit", args=[TERM])
    yield "sections_import", reverse("sections_import", args=[TERM])
    yield "sections_import_check", reverse("sections_import_check", args=[TERM, uploaded().pk])
    yield "my_changes", reverse("my_changes", args=[TERM]) + "?days=30"


def uploaded():
    """A file of whoever looks, with a change, a section to be made and two rows that are refused."""
    lines = (
        "code,course,section_number,title",
        "BIO-101-001,,001,Cells",
        ",BIO-101,Q,New",
        "X-1-1,,,",
        ",,,x",
    )
    return SectionUpload.objects.create(
        term_id=TERM,
        user=User.objects.get(username="ada"),
        file_name="spring.csv",
        content="\n".join(lines).encode(),
        at=timezone.now(),
    )


def addresses_of_groups_and_requests(section):
    """Crosslists, and what somebody asks for."""
    group = Relationship.objects.get(kind="CROSSLIST")
    yield "crosslists", reverse("crosslists", args=[TERM])
    yield "crosslist", reverse("crosslist", args=[group.pk])
    yield "crosslist_new", reverse("crosslist_new", args=[TERM]) + f"?with={section.pk}"
    yield "change_requests", reverse("change_requests", args=[TERM])
    yield "change_request", reverse("change_request", args=[ChangeRequest.objects.get().pk])
    yield "change_request_new", reverse("change_request_new", args=[section.pk, "meetings"])


def addresses_of_phases():
    """Phases, timelines, roles, users, exemptions and the simulator."""
    registration = Phase.objects.get(name="Registration").pk
    lists = ("phases", "timelines", "roles", "exemptions")
    yield from ((name, reverse(name)) for name in (*lists, "phase_new", "role_new", "exemption_new"))
    yield "phase", reverse("phase", args=[registration])
    yield "phase_delete", reverse("phase_delete", args=[registration])
    yield "timeline", reverse("timeline", args=[TERM])
    yield "role", reverse("role", args=["SCHEDULER"])
    yield "role_delete", reverse("role_delete", args=["SCHEDULER"])
    ada = User.objects.get(username="ada").pk
    yield from ((name, reverse(name)) for name in ("users", "user_new"))
    yield from ((name, reverse(name, args=[ada])) for name in ("user", "user_access"))
    yield "exemption_revoke", reverse("exemption_revoke", args=[Exemption.objects.get().pk])
    yield "phase_simulator", reverse("phase_simulator")
    asked = f"?term={TERM}&who=role:SCHEDULER&before=default&after={registration}"
    yield "phase_simulator", reverse("phase_simulator") + asked


def signed_in(open_page, sign_in, person, path="/", **options):
    person("ada", "REGISTRAR", has_admin=True)
    page = open_page("/sign-in/", **options)
    sign_in(page, "ada")
    expect(page).to_have_title("Terms · Tandem")
    page.goto(path)
    return page


def test_every_page_is_sound_in_every_look(desk, open_page, sign_in, person):
    page = signed_in(open_page, sign_in, person)
    seen = set()
    for name, path in addresses():
        answer = page.goto(path)
        assert answer.status == 200, path
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_sound_in_every_look(page)
        seen.add(name)
    assert seen == PAGES - ELSEWHERE


def test_the_schedule_is_read_and_filtered_without_javascript(desk, open_page, sign_in, person):
    page = signed_in(open_page, sign_in, person, f"/terms/{TERM}/sections/", java_script_enabled=False)
    main = page.get_by_role("main")
    expect(main).to_contain_text("60 sections")
    expect(main.get_by_text("All on this page")).to_be_hidden()
    main.get_by_label("Department").select_option(label="BIO · Biology")
    main.get_by_role("button", name="Show").click()
    expect(main).to_contain_text("30 sections")
    main.get_by_role("link", name="Title", exact=True).click()
    expect(main.get_by_role("columnheader", name="Title")).to_have_attribute("aria-sort", "ascending")
    expect(main).to_contain_text("30 sections")
    main.get_by_role("link", name="BIO 101 001", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("BIO 101 001")


def test_rows_are_walked_with_the_keyboard(desk, open_page, sign_in, person):
    page = signed_in(open_page, sign_in, person, f"/terms/{TERM}/sections/")
    for key in ("j", "j", "k", "j"):
        page.keyboard.press(key)
    second = page.get_by_role("row").nth(2).get_by_role("link").first
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("BIO 101 00"))


def test_on_a_phone_the_list_that_is_open_is_in_sight(desk, open_page, sign_in, person):
    path = f"/terms/{TERM}/sections/?state=ATTENTION"
    page = signed_in(open_page, sign_in, person, path, viewport=NARROW)
    expect(page.get_by_role("link", name="Needs attention")).to_be_in_viewport(ratio=0.9)


def test_another_term_is_chosen_in_the_bar(desk, open_page, sign_in, person):
    page = signed_in(open_page, sign_in, person, f"/terms/{TERM}/courses/")
    page.get_by_label("Term", exact=True).select_option(label="Fall 2026")
    page.wait_for_url("**/terms/20263/courses/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Fall 2026")


def test_paper_has_the_list_and_no_filters(desk, open_page, sign_in, person):
    page = signed_in(open_page, sign_in, person, f"/terms/{TERM}/sections/")
    page.emulate_media(media="print")
    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("button", name="Show")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
