"""A file of sections in the browser: exported, changed, brought back; with and without JavaScript."""

import csv
import io

import pytest
from playwright.sync_api import expect

from scheduling.models import Section
from tests.browser.soundness import NARROW, WIDE, assert_sound_in_every_look
from tests.campus import TERM, Campus

pytestmark = pytest.mark.browser
LIST = f"/terms/{TERM}/sections/"


@pytest.fixture
def campus(transactional_db, tmp_path):
    made = Campus(folder=tmp_path / "sis")
    made.load()
    return made


@pytest.fixture
def enter(campus, person, open_page, sign_in):
    """`enter(…)`: the list for a registrar."""

    def make(**options):
        person("rita", "REGISTRAR")
        page = open_page("/sign-in/", **options)
        sign_in(page, "rita")
        expect(page).to_have_title("Terms · Tandem")
        page.goto(LIST)
        return page

    return make


def exported(page):
    with page.expect_download() as download:
        page.get_by_role("link", name="Export as CSV").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def give(page, rows, *, name="spring.csv"):
    """Choose a file of these rows and send it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    page.get_by_role("link", name="Import", exact=True).click()
    file = {"name": name, "mimeType": "text/csv", "buffer": text.getvalue().encode("utf-8-sig")}
    page.get_by_label("File with one section a row").set_input_files(file)
    page.get_by_role("button", name="Show what would change").click()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"viewport": WIDE}, id="1280"),
        pytest.param({"viewport": NARROW}, id="390"),
        pytest.param({"viewport": NARROW, "java_script_enabled": False}, id="no script"),
    ],
)
def test_an_export_is_changed_and_brought_back(campus, enter, options):
    page = enter(**options)
    first, second, *others = exported(page)
    first |= {"title": "Cells and Genes", "meetings": "TR 13:00-14:20 in HAL 103"}
    second |= {"credits": "2"}
    third = others[0] | {"capacity": "many"}
    new = dict.fromkeys(first, "") | {"course": "BIO-101", "section_number": "Q", "title": "Evening"}
    give(page, [first, second, third, *others[1:], new])
    main = page.get_by_role("main")
    expect(main).to_contain_text("3 sections would be saved, 1 of them new · 1 row refused · 1 row changes")
    expect(main).to_contain_text("it must be a whole number")
    expect(main).to_contain_text("12 enrolled students touched")
    if options.get("java_script_enabled", True):
        assert_sound_in_every_look(page)
    main.get_by_role("button", name="Save 3 sections").click()
    expect(main).to_contain_text("Saved 3 sections from spring.csv.")
    assert Section.objects.get(sis_id="S1").title == "Cells and Genes"
    assert str(Section.objects.get(sis_id="S2").credits) == "2.00"
    assert Section.objects.get(section_number="Q").title == "Evening"


def test_a_file_that_cannot_be_read_says_why_and_a_good_one_can_be_left(campus, enter):
    page = enter()
    give(page, [{"code": "BIO-101-A", "seats": "3"}])
    main = page.get_by_role("main")
    expect(main).to_contain_text("spring.csv cannot be read. Nothing was saved.")
    expect(main).to_contain_text("there is no column named 'seats'")
    assert_sound_in_every_look(page)
    page.goto(LIST)
    give(page, [{"code": "BIO-101-A", "title": "Mine"}])
    main.get_by_role("button", name="Save nothing").click()
    expect(main).to_contain_text("Nothing of spring.csv was saved.")
    assert not Section.objects.filter(title="Mine").exists()
