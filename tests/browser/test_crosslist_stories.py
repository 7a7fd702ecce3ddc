"""Crosslists in a browser: made, changed, aligned, refused with the reason; keyboard, phone, no script."""

import pytest
from playwright.sync_api import expect

from scheduling.models import Department, Relationship, RelationshipMember, Role, RoleAssignment, Section
from scheduling.services.relationships import update_relationship
from tests.browser.soundness import NARROW, WIDE, assert_sound_in_every_look
from tests.campus import TERM, Campus

pytestmark = pytest.mark.browser
LIST = f"/terms/{TERM}/crosslists/"
NEW = f"{LIST}new/"


@pytest.fixture
def campus(transactional_db, tmp_path, settings):
    """Two crosslisted sections of chemistry in the SIS, and two of biology that are not grouped."""
    made = Campus(folder=tmp_path / "sis")
    settings.SIS_URL = made.url
    made.load()
    Section.objects.filter(sis_id="S1").update(enrollment=9)
    return made


@pytest.fixture
def visit(campus, open_page, sign_in, person):
    """`visit(path, …)`: the registrar on a page."""

    def make(path, **options):
        person("ada", "REGISTRAR")
        page = open_page("/sign-in/", **options)
        sign_in(page, "ada")
        expect(page).to_have_title("Terms · Tandem")
        page.goto(path)
        return page

    return make


def members(group):
    rows = RelationshipMember.objects.filter(relationship=group).order_by("section_id")
    return [(str(one.section), one.is_primary) for one in rows.select_related("section__course")]


@pytest.mark.parametrize(
    ("size", "has_script"), [(WIDE, True), (NARROW, True), (WIDE, False)], ids=["wide", "phone", "no script"]
)
def test_a_crosslist_is_made_aligned_and_changed(campus, visit, size, has_script):
    page = visit(LIST, viewport=size, java_script_enabled=has_script)
    main = page.get_by_role("main")
    main.get_by_role("link", name="New crosslist").click()
    main.get_by_label("Section 1", exact=True).fill("BIO-101-B")
    main.get_by_label("Section 2", exact=True).fill("BIO 101 A")
    main.get_by_label("Combined capacity").fill("45")
    main.get_by_role("button", name="Make the group").click()
    expect(main).to_contain_text("Made the group.")
    group = Relationship.objects.get(capacity=45).pk
    assert members(group) == [("BIO 101 A", False), ("BIO 101 B", True)]

    expect(main).to_contain_text("Where they differ")
    main.get_by_label("Instructors").check()
    main.get_by_role("button", name="Show what would change").click()
    expect(main).to_contain_text("9 enrolled students will be touched.")
    if has_script:
        assert_sound_in_every_look(page)
    main.get_by_role("button", name="Change 1 section all the same").click()
    expect(main).to_contain_text("Changed 1 section; all are like the primary now.")
    expect(main).not_to_contain_text("Where they differ")
    assert {str(one.meetings.get()) for one in Section.objects.filter(sis_id__in=["S1", "S2"])} == {
        "TR 09:00:00"
    }

    page.goto(f"/crosslists/{group}/")
    main.get_by_label("Primary is BIO 101 A").check()
    main.get_by_label("Combined capacity").fill("40")
    main.get_by_role("button", name="Save").click()
    expect(main).to_contain_text("Saved.")
    assert members(group) == [("BIO 101 A", True), ("BIO 101 B", False)]

    main.get_by_label("BIO 101 B", exact=True).uncheck()
    main.get_by_role("button", name="Save").click()
    expect(main.get_by_role("alert")).to_contain_text("needs two sections or more")
    if has_script:
        assert_sound_in_every_look(page)
    main.get_by_label("BIO 101 B", exact=True).check()
    main.get_by_role("button", name="Dissolve the group…").click()
    expect(main).to_contain_text("BIO 101 B · Title of S2")
    if has_script:
        assert_sound_in_every_look(page)
    main.get_by_role("button", name="Dissolve the group of 2 sections").click()
    expect(main).to_contain_text("The sections stay as they are.")
    assert not Relationship.objects.filter(pk=group).exists()


def test_two_people_at_once_lose_nothing(campus, visit):
    group = campus.group()
    page = visit(f"/crosslists/{group.pk}/")
    main = page.get_by_role("main")
    main.get_by_label("Combined capacity").fill("45")
    update_relationship(group.pk, capacity=70, author=campus.author())
    main.get_by_role("button", name="Save").click()
    expect(main.get_by_role("alert")).to_contain_text("kim saved this group while you worked")
    expect(main.locator(".three-values")).to_contain_text("Saved meanwhile")
    expect(main.get_by_label("Combined capacity")).to_have_value("45")
    main.get_by_role("button", name="Save").click()
    expect(main).to_contain_text("Saved.")
    assert Relationship.objects.get(pk=group.pk).capacity == 45


def test_by_keyboard_from_the_list_to_a_saved_group(campus, visit):
    page = visit(LIST)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Crosslist of CHE 202 A, CHE 202 B")
    page.get_by_label("Primary is CHE 202 A").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Primary is CHE 202 B")).to_be_checked()
    page.get_by_label("Combined capacity").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Saved.")
    assert members(campus.group().pk) == [("CHE 202 A", False), ("CHE 202 B", True)]


def test_a_scheduler_of_one_department_is_told_why(campus, open_page, sign_in, person):
    group = campus.group()
    sections = [campus.id_of(one) for one in ("S1", "S3")]
    update_relationship(group.pk, members=sections, primary=sections[0], author=campus.author())
    bea = person("bea")
    role = Role.objects.get(code="SCHEDULER")
    held = RoleAssignment.objects.create(user=bea, role=role, is_for_all_departments=False)
    held.departments.add(Department.objects.get(pk="BIO"))
    page = open_page("/sign-in/")
    sign_in(page, "bea")
    expect(page).to_have_title("Terms · Tandem")
    page.goto(f"/crosslists/{group.pk}/")
    main = page.get_by_role("main")
    expect(main).to_contain_text("You may not edit relationships in CHE")
    expect(main.get_by_role("button", name="Save")).to_have_count(0)
    expect(main).not_to_contain_text("CHE 202")
    page.goto(f"{NEW}?with={campus.id_of('S2')}")
    main.get_by_label("Add 1", exact=True).fill("CHE-202-B")
    main.get_by_role("button", name="Make the group").click()
    expect(main.get_by_role("alert")).to_contain_text("added by who schedules for both")
    assert Relationship.objects.count() == 1


def test_the_pages_are_sound_with_differences_on_them(campus, visit):
    group = campus.group()
    sections = [campus.id_of(one) for one in ("S1", "S3")]
    update_relationship(group.pk, members=sections, primary=sections[0], author=campus.author())
    page = visit(f"/crosslists/{group.pk}/")
    expect(page.get_by_role("main")).to_contain_text("unlike the primary")
    for path in (f"/crosslists/{group.pk}/", LIST, f"{LIST}?q=nothing"):
        page.goto(path)
        assert_sound_in_every_look(page)
