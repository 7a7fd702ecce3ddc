"""What a registrar does with merges, told in the browser: with real background workers and the fake SIS."""

import re

import pytest
from playwright.sync_api import expect

from integration import hints
from integration.models import Conflict, Plan
from scheduling.models import Section, User
from tests.broker_in_a_folder import Workers
from tests.campus import TERM
from tests.merge_desk import SIXTY, Desk, large_tables

pytestmark = pytest.mark.browser
SIZES = [
    pytest.param({"width": 1280, "height": 900}, id="1280"),
    pytest.param({"width": 390, "height": 844}, id="390"),
]
LONG_MS = 60_000


@pytest.fixture
def rolled(transactional_db, tmp_path, settings):
    """A SIS in which a term of sixty sections was rolled. Nothing of it is here."""
    return Desk(folder=tmp_path / "sis", tables=large_tables(60), django_settings=settings)


@pytest.fixture
def at_work(rolled):
    """The term is here, and set to send."""
    rolled.first_load()
    rolled.enable()
    return rolled


@pytest.fixture
def worker(rolled, tmp_path, settings, monkeypatch):
    """A background worker in a process of its own."""
    team = Workers(tmp_path / "broker", rolled.url)
    settings.CELERY_BROKER_URL = team.url
    settings.TASK_APPLICATION = "tests.broker_in_a_folder.app"
    monkeypatch.setattr(hints, "_away_until", 0.0)
    yield team.start()
    team.stop()


@pytest.fixture
def console(person, open_page, sign_in):
    """`console(path, …)`: the page, as an admin sees it."""

    def make(path, **options):
        if not User.objects.filter(username="ada").exists():
            person("ada", "REGISTRAR", has_admin=True)
        page = open_page(path, **options)
        sign_in(page, "ada")
        page.wait_for_url(lambda url: "sign-in" not in url)
        return page

    return make


def refresh_until(page, wanted):
    """As somebody does whose browser runs no scripts."""
    for _second in range(60):
        if wanted.is_visible():
            return
        page.get_by_role("link", name="Refresh").click()
        page.wait_for_timeout(1000)
    expect(wanted).to_be_visible()


def choose(page, *labels):
    for label in labels:
        page.get_by_role("main").get_by_label(label).check()


@pytest.mark.parametrize("size", SIZES)
def test_bring_in_a_rolled_term_and_read_the_report(rolled, worker, console, size):
    page = console("/console/execute/", viewport=size)
    choose(page, re.compile("Everything"))
    page.get_by_label("A term that is not here yet").fill(TERM)
    page.get_by_role("button", name="Preview", exact=True).click()
    carry_out = page.get_by_role("button", name=re.compile("Import .*60 sections"))
    expect(carry_out).to_be_visible(timeout=LONG_MS)
    assert not Section.objects.exists()

    carry_out.click()
    report = page.get_by_role("region", name=re.compile("^Sections")).get_by_role(
        "link", name="Report of the run"
    )
    report.click(timeout=LONG_MS)

    assert Section.objects.count() == 60
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sections of Spring 2027")
    expect(page.get_by_role("main")).to_contain_text("60 read, 60 changed here")
    created = page.get_by_role("listitem").filter(has_text="BIO 101 001").last
    expect(created).to_contain_text("Create")


@pytest.mark.parametrize("size", SIZES)
def test_preview_then_send(at_work, worker, console, size):
    at_work.enable(real_time=False)
    for sis_id in SIXTY[:2]:
        at_work.edit(sis_id, capacity=44)
    page = console("/console/execute/", viewport=size)
    choose(page, "Sections", re.compile("Spring 2027"), "Yes, import and send")
    page.get_by_role("button", name="Preview", exact=True).click()
    send = page.get_by_role("button", name=re.compile("[Ss]end 2 updates"))
    expect(send).to_be_visible(timeout=LONG_MS)
    assert at_work.in_sis("M001")["capacity"] == "30"

    send.click()
    expect(page.get_by_role("link", name="Report of the run")).to_be_visible(timeout=LONG_MS)

    assert {at_work.in_sis(sis_id)["capacity"] for sis_id in SIXTY[:2]} == {"44"}
    page.get_by_role("link", name="Report of the run").click()
    row = page.get_by_role("main").get_by_role("listitem").filter(has_text="M001")
    expect(row).to_contain_text(re.compile(r"Before\s*30\s*Tandem\s*44\s*SIS\s*30\s*Result\s*44"))


@pytest.mark.parametrize("size", SIZES)
def test_approve_a_held_plan(at_work, worker, console, size):
    plan = at_work.held_removals()
    page = console("/console/plans/", viewport=size)
    page.get_by_role("link", name=re.compile("Sections of Spring 2027")).first.click()
    expect(page.get_by_role("main")).to_contain_text("6 of 60 records would be removed")
    page.get_by_role("button", name=re.compile("6 sections.*…|…$")).first.click()
    page.get_by_label(re.compile("[Tt]ype")).fill("6")
    page.get_by_role("button", name=re.compile("Approve|Apply|Remove")).first.click()

    expect(page.get_by_role("link", name="Report of the run")).to_be_visible(timeout=LONG_MS)
    assert Plan.objects.get(pk=plan.pk).status == "APPLIED"
    assert len(at_work.here) == 54


@pytest.mark.parametrize("size", SIZES)
def test_settle_a_conflict(at_work, console, size):
    at_work.edit("M001", title="Cells and Genes")
    at_work.edit_in_sis("M001", title="Cells & Genes")
    at_work.run("sections", "--send-updates")
    page = console("/console/conflicts/", viewport=size)
    row = page.get_by_role("row").filter(has_text="BIO 101 001")
    expect(row).to_contain_text(
        re.compile(r"Before\s*Title of M001\s*Tandem\s*Cells and Genes\s*SIS\s*Cells & Genes")
    )
    row.get_by_role("button", name=re.compile("Take the SIS")).click()

    expect(page.get_by_role("status")).to_contain_text("settled")
    assert Section.objects.get(sis_id="M001").title == "Cells & Genes"
    assert not Conflict.objects.filter(status="OPEN").exists()


@pytest.mark.parametrize("size", SIZES)
def test_find_why_a_section_has_its_room(transactional_db, tmp_path, settings, console, size):
    desk = Desk(folder=tmp_path / "sis", django_settings=settings)
    desk.first_load()
    desk.enable()
    desk.edit_in_sis(
        "S1",
        meetings=[
            {"days": "MWF", "start_time": "09:00", "end_time": "09:50", "building": "HAL", "room": "103"}
        ],
    )
    desk.run("sections")
    page = console("/", viewport=size)
    page.keyboard.press("/")
    page.keyboard.type("BIO 101 A")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("BIO 101 A")
    expect(page.get_by_role("main")).to_contain_text("HAL 103")
    page.get_by_role("link", name="Why? Meetings").click()

    answer = page.get_by_role("main")
    expect(answer).to_contain_text(
        re.compile(r"Before\s*MWF 9:00–9:50 am · HAL 101.*SIS\s*MWF 9:00–9:50 am · HAL 103", re.DOTALL)
    )
    expect(answer).to_contain_text("Only the SIS changed it since both sides agreed")


def test_a_merge_is_executed_without_javascript(rolled, worker, console):
    page = console("/console/execute/", java_script_enabled=False)
    choose(page, re.compile("Everything"))
    page.get_by_label("A term that is not here yet").fill(TERM)
    page.get_by_role("button", name="Preview", exact=True).click()
    carry_out = page.get_by_role("button", name=re.compile("Import .*60 sections"))
    refresh_until(page, carry_out)
    carry_out.click()
    refresh_until(page, page.get_by_role("link", name="Report of the run").first)
    assert Section.objects.count() == 60


def test_work_goes_on_when_its_page_is_left(rolled, worker, console):
    page = console("/console/execute/")
    choose(page, re.compile("Everything"))
    page.get_by_label("A term that is not here yet").fill(TERM)
    page.get_by_role("button", name="Import without preview").click()
    page.goto("/")
    page.goto("/console/execute/")
    line = page.get_by_role("row").filter(has_text="ada").first
    expect(line).to_be_visible()
    line.get_by_role("link").first.click()
    expect(page.get_by_role("link", name="Report of the run").first).to_be_visible(timeout=LONG_MS)
    assert Section.objects.count() == 60
