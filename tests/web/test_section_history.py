"""The history of a section: every save in words, field by field, page by page."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.history import SAVES_SHOWN, saved_rows
from scheduling.models import ChangeLog, CustomField
from scheduling.paging import BadCursor
from scheduling.services import sections
from scheduling.services.audit import Author
from tests.campus import NOW, Campus


@pytest.fixture
def campus(db, tmp_path):
    with time_machine.travel(NOW) as clock:
        made = Campus(folder=tmp_path / "sis")
        made.clock = clock
        made.load()
        yield made


def history_of(answer):
    """The words of the page's history."""
    assert answer.status_code == 200
    part = answer.content.decode().partition('<section class="history"')[2].partition("</section>")[0]
    part = part.partition("</form>")[2]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", part)).strip()


def address(campus, sis_id="S1", **query):
    return reverse("section", args=[campus.id_of(sis_id)], query=query)


def save(campus, *, source=ChangeLog.Source.FORM, reason="", **changes):
    author = Author(now=dt.datetime.now(dt.UTC), source=source, user=campus.registrar, reason=reason)
    return sections.update_section(campus.id_of("S1"), changes, author=author)


def many_saves(campus, count, *, names=("notes",)):
    """Saves numbered 1 to `count`, each of these fields, written as an import writes them."""
    ChangeLog.objects.bulk_create(
        ChangeLog(
            at=NOW + dt.timedelta(minutes=number),
            actor_name="SIS import",
            source="IMPORT",
            action="UPDATE",
            record_type="section",
            record_id=str(campus.id_of("S1")),
            version=number + 1,
            field=name,
            before=f"before {number}",
            after=f"save {number}",
        )
        for number in range(1, count + 1)
        for name in names
    )


def numbers_in(page):
    return [int(number) for number in re.findall(r"save (\d+)", page)]


# ---- what a save says


def test_a_save_says_who_when_how_and_each_field_before_and_after(campus, person):
    campus.clock.shift(dt.timedelta(hours=1))
    save(campus, title="Other", capacity=31, reason="Asked by the dean")
    page = history_of(person("viewer").get(address(campus)))
    assert page.startswith("12 Jan 2027, 18:00 kim Changed · Page · version 2")
    assert "“Asked by the dean”" in page
    assert "Title Title of S1 → became Other Capacity 30 → became 31" in page


def test_the_newest_save_comes_first(campus, person):
    save(campus, title="Second")
    save(campus, title="Third")
    page = history_of(person("viewer").get(address(campus)))
    assert page.index("Third") < page.index("became Second") < page.index("Created")


def test_two_saves_of_one_moment_stay_two(campus):
    save(campus, title="Second")
    save(campus, title="Third")
    assert [len(one) for one in saved_rows(campus.id_of("S1")).saves] == [1, 1, 1]


@pytest.mark.parametrize(
    ("source", "words"), [("FORM", "Page"), ("API", "API"), ("COMMAND", "Command"), ("SYSTEM", "System")]
)
def test_by_which_door_a_change_came_is_said(campus, person, source, words):
    save(campus, source=source, title="Other")
    assert f"Changed · {words} ·" in history_of(person("viewer").get(address(campus)))


def test_a_person_is_shown_by_name_and_user_name(campus, person):
    campus.registrar.first_name, campus.registrar.last_name = "Kim", "Lee"
    campus.registrar.save()
    save(campus, title="Other")
    assert "Kim Lee (kim)" in history_of(person("viewer").get(address(campus)))


def test_a_change_outlives_the_account_of_who_made_it(campus, person):
    save(campus, title="Other")
    ChangeLog.objects.update(actor=None)
    assert "kim Changed" in history_of(person("viewer").get(address(campus)))


def test_people_and_courses_are_called_by_name(campus, person):
    campus.adapter.edit("S1", course="C2")
    campus.edit("S1", instructors=[{"instructor": "I1", "percent": 50, "is_primary": True}])
    campus.merge()
    page = history_of(person("viewer").get(address(campus)))
    assert "Instructors Ada Yonath (primary) → became Marie Curie 50 % (primary)" in page
    assert "Course BIO 101 → became CHE 202" in page


def test_a_cancellation_is_called_one(campus, person):
    sections.cancel_section(campus.id_of("S1"), author=campus.author())
    page = history_of(person("viewer").get(address(campus)))
    assert "kim Cancelled · Command" in page
    assert "Status Active → became Cancelled" in page


def test_the_beginning_lists_the_values_that_were_there(campus, person):
    page = history_of(person("viewer").get(address(campus)))
    assert re.search(r"SIS import Created · Import from the SIS · version 1 Created with \d+ values", page)
    assert "Meetings MWF 9:00–9:50 am · HAL 101 · 1 Feb 2027 to 28 May 2027" in page
    assert "Waitlist capacity" not in page  # it was blank
    assert page.index("CRN") < page.index("Title") < page.index("Capacity 30") < page.index("Instructors")


def test_a_section_that_was_removed_and_came_back_tells_both(campus, person):
    pk = campus.id_of("S2")
    ChangeLog.objects.create(
        at=NOW,
        actor_name="SIS import",
        source="IMPORT",
        action="DELETE",
        record_type="section",
        record_id=str(pk),
        before={"title": "Gone", "notes": None},
    )
    page = history_of(person("viewer").get(address(campus, "S2")))
    assert "Removed with 1 value Title Gone" in page


def test_a_field_that_is_none_any_more_keeps_its_history(campus, person):
    made = CustomField.objects.create(name="lab_fee", label="Lab fee", kind="text")
    campus.edit("S1", **{"custom.lab_fee": "20"})
    made.delete()
    assert "lab_fee — → became 20" in history_of(person("viewer").get(address(campus)))


def test_the_sis_s_own_id_is_a_change_too(campus, person):
    pk = campus.create()
    campus.enable()
    campus.sweep()
    page = history_of(person("viewer").get(reverse("section", args=[pk])))
    assert re.search(r"SIS id — → became \S+", page)


# ---- what a merge did


@pytest.mark.parametrize(
    ("kind", "is_admin", "sees_run"),
    [
        ("viewer", False, False),
        ("scheduler", False, True),
        ("registrar", False, True),
        ("registrar", True, True),
    ],
)
def test_rule_and_run_are_for_those_who_see_the_merges(campus, person, kind, is_admin, sees_run):
    campus.adapter.edit("S1", title="Theirs")
    run = campus.merge().runs[0]
    client = person(kind)
    client.user.has_admin = is_admin
    client.user.save()
    answer = client.get(address(campus))
    page = history_of(answer)
    assert "Title Title of S1 → became Theirs" in page
    assert (f"Merge run {run.pk}" in page) is sees_run
    assert ("Only the SIS changed it since both sides agreed" in page) is sees_run
    assert (f'href="{reverse("run", args=[run.pk])}"' in answer.content.decode()) is is_admin


def test_a_rule_that_nobody_knows_any_more_is_left_out(campus, person):
    save(campus, title="Other")
    ChangeLog.objects.filter(field="title").update(rule="OLD_RULE")
    page = history_of(person("registrar").get(address(campus)))
    assert "became Other" in page
    assert "OLD_RULE" not in page


# ---- one field


def test_one_field_s_history_begins_with_what_it_was(campus, person):
    save(campus, title="Second", notes="Note")
    save(campus, capacity=31)
    save(campus, title="Third")
    page = history_of(person("viewer").get(address(campus, history="title")))
    assert re.findall(r"became (\w+)", page) == ["Third", "Second"]
    assert page.endswith("Title Title of S1")
    assert "Note" not in page
    assert "31" not in page


def test_a_field_that_was_never_set_shows_a_blank_beginning(campus, person):
    assert history_of(person("viewer").get(address(campus, history="notes"))).endswith("Notes —")


def test_a_field_that_does_not_exist_is_said_and_all_is_shown(campus, person):
    answer = person("viewer").get(address(campus, history="colour"))
    assert "Sections have no field “colour”" in answer.content.decode()
    assert "Created with" in history_of(answer)


# ---- page by page


def test_a_long_history_is_read_page_by_page_and_back(campus, person):
    many_saves(campus, 45)
    client = person("viewer")
    pages, answer = [], client.get(address(campus))
    while True:
        pages.append(numbers_in(history_of(answer)))
        older = re.search(r'href="([^"]*)#history">Older', answer.content.decode())
        if older is None:
            break
        answer = client.get(address(campus) + older[1].replace("&amp;", "&"))
    assert [number for page in pages for number in page] == list(range(45, 0, -1))
    assert [len(page) for page in pages] == [SAVES_SHOWN, SAVES_SHOWN, 5]
    for page in (pages[1], pages[0]):
        newer = re.search(r'href="([^"]*)#history">Newer', answer.content.decode())
        answer = client.get(address(campus) + newer[1].replace("&amp;", "&"))
        assert numbers_in(history_of(answer)) == page
    assert "Newer changes" not in answer.content.decode()


def test_the_field_stays_chosen_on_the_next_page(campus, person):
    many_saves(campus, 30, names=["title", "notes"])
    answer = person("viewer").get(address(campus, history="notes"))
    older = re.search(r'href="([^"]*)#history">Older', answer.content.decode())
    assert "history=notes" in older[1]


def test_saves_that_come_between_two_pages_move_nothing(campus):
    many_saves(campus, 30)
    pk = campus.id_of("S1")
    first = saved_rows(pk)
    save(campus, title="Meanwhile")
    second = saved_rows(pk, cursor=first.older)
    shown = [row.after for page in (first, second) for one in page.saves for row in one if row.field]
    assert shown == [f"save {number}" for number in range(30, 0, -1)]


def test_a_save_of_many_fields_is_never_torn(campus):
    names = [f"custom.f{number:02}" for number in range(30)]
    many_saves(campus, 45, names=names)
    pk, cursor, sizes = campus.id_of("S1"), "", []
    while True:
        page = saved_rows(pk, cursor=cursor)
        sizes += [len(one) for one in page.saves]
        cursor = page.older
        if not cursor:
            break
    assert sizes == [30] * 45 + [1]
    newer = saved_rows(pk, cursor=page.newer)
    assert {len(one) for one in newer.saves} == {30}
    assert [row.after for row in newer.saves[0]] == [newer.saves[0][0].after] * 30


@pytest.mark.parametrize("cursor", ["x", "older-", "older--1", "newer-1x", "older-" + "9" * 19, "older-٣"])
def test_a_place_that_is_none_is_said_and_the_beginning_shown(campus, person, cursor):
    with pytest.raises(BadCursor):
        saved_rows(campus.id_of("S1"), cursor=cursor)
    answer = person("viewer").get(address(campus, cursor=cursor))
    assert "That place in the history is not there" in answer.content.decode()
    assert "Created with" in history_of(answer)


@pytest.mark.parametrize("count", [1, 60])
def test_the_history_costs_two_queries_however_long(campus, count):
    many_saves(campus, count)
    with CaptureQueriesContext(connection) as queries:
        assert len(saved_rows(campus.id_of("S1")).saves) == min(count + 1, SAVES_SHOWN)
    assert len(queries) == 3  # the first looks up the section's id
