"""A section's page: what it holds, what is locked and why, its groups, its status, why each value is so."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integration.models import Conflict
from phases.models import Phase, TimelineEntry
from scheduling.domain.fields import CATALOGUE
from scheduling.models import CustomField, Instructor, Section, Term
from scheduling.section_locks import grouped_locks
from scheduling.section_seats import seats_of
from scheduling.services.audit import Author
from scheduling.services.relationships import create_relationship
from tests.campus import TERM


def words_of(answer):
    """The page's words, with white space made one."""
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


def address(campus, sis_id, **query):
    return reverse("section", args=[campus.id_of(sis_id)], query=query)


def held(campus):
    """S1 with a conflict of its title."""
    campus.enable()
    campus.settings(sections={"sources": {"title": "ASK"}})
    campus.edit("S1", title="Mine")
    campus.adapter.edit("S1", title="Theirs")
    campus.merge(sends=True)
    return Conflict.objects.get()


# ---- who


@pytest.mark.parametrize(
    ("kind", "own", "other"),
    [
        ("anonymous", 302, 302),
        ("no product", 403, 403),
        ("no role", 403, 403),
        ("viewer", 200, 200),
        ("scheduler", 200, 404),
        ("registrar", 200, 200),
        ("admin", 403, 403),
    ],
)
def test_each_kind_of_person_sees_the_sections_of_their_departments(campus, person, kind, own, other):
    client = person(kind)
    assert client.get(address(campus, "S1")).status_code == own
    assert client.get(address(campus, "S3")).status_code == other


@pytest.mark.parametrize("pk", [0, 999_999, 10**30])
def test_a_section_that_does_not_exist_is_not_found(campus, person, pk):
    assert person("registrar").get(f"/sections/{pk}/").status_code == 404


def test_the_page_takes_no_post(campus, person):
    assert person("registrar").post(address(campus, "S1")).status_code == 405


def test_later_pages_go_on_in_the_section_s_term(campus, person):
    client = person("viewer")
    client.get(address(campus, "S1"))
    assert client.session["term"] == TERM


# ---- what it holds


def test_the_section_is_shown_in_words(campus, person):
    page = words_of(person("viewer").get(address(campus, "S1")))
    for words in (
        "BIO 101 A · Title of S1",
        "Active",
        "0 of 30 seats taken, 30 free.",
        "MWF 9:00–9:50 am HAL 101 40 seats",
        "1 Feb 2027 to 28 May 2027",
        "Ada Yonath 100 % Primary",
        "Start date 1 Feb 2027",
        "Credits 1.00",
        "Course BIO 101",
        "It is in no crosslist",
    ):
        assert words in page


def test_it_leads_to_its_course_room_week_and_people(campus, person):
    page = person("viewer").get(address(campus, "S1")).content.decode()
    section = campus.section("S1")
    room = section.meetings.get().room_id
    for link in (
        reverse("course", args=[section.course_id]),
        reverse("room", args=[TERM, room]),
        reverse("week", args=[TERM]) + f"?room={room}",
        reverse("instructor", args=[TERM, "I2"]),
    ):
        assert f'href="{link}"' in page


def test_a_section_without_parts_says_so(campus, person):
    page = words_of(person("viewer").get(reverse("section", args=[campus.create()])))
    assert "No CRN yet" in page
    assert "No meetings are set" in page
    assert "Nobody teaches it yet." in page


def test_arranged_meetings_and_places_without_rooms_are_told(campus, person):
    campus.edit("S1", meetings=[{"days": "", "building": "HAL"}])
    assert "Arranged — HAL" in words_of(person("viewer").get(address(campus, "S1")))


def test_the_institution_s_own_fields_have_a_group_of_their_own(campus, person):
    CustomField.objects.create(name="lab_fee", label="Lab fee", kind="text")
    campus.edit("S1", **{"custom.lab_fee": "20"})
    assert "Custom Lab fee 20" in words_of(person("viewer").get(address(campus, "S1")))


def test_a_note_that_looks_like_an_id_stays_a_note(campus, person):
    campus.edit("S1", notes="I2")
    assert "Notes I2" in words_of(person("viewer").get(address(campus, "S1")))


def test_what_people_wrote_is_shown_as_text(campus, person):
    campus.edit("S1", title="<script>alert(1)</script>", notes="<b>x</b>")
    page = person("registrar").get(address(campus, "S1")).content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page


@pytest.mark.parametrize(
    ("values", "words", "waitlist", "width"),
    [
        ({"enrollment": 12, "capacity": 30}, "12 of 30 seats taken, 18 free.", "", 400),
        ({"enrollment": 30, "capacity": 30}, "30 of 30 seats taken, full.", "", 1000),
        ({"enrollment": 33, "capacity": 30}, "33 of 30 seats taken, 3 more than there are.", "", 1000),
        ({"enrollment": 0, "capacity": 0}, "0 of 0 seats taken, full.", "", 1000),
        ({"enrollment": 5}, "5 enrolled; no capacity is set.", "", None),
        ({"capacity": 30}, "30 seats. The SIS has not said how many are enrolled.", "", None),
        ({}, "The SIS has not said how many are enrolled.", "", None),
        (
            {"enrollment": 1, "capacity": 2, "waitlisted": 3, "waitlist_capacity": 5},
            "1 of 2 seats taken, 1 free.",
            "3 of 5 on the waitlist.",
            500,
        ),
        ({"waitlisted": 3}, "The SIS has not said how many are enrolled.", "3 on the waitlist.", None),
    ],
)
def test_seats_are_told_in_words(values, words, waitlist, width):
    seats = seats_of(Section(**values))
    assert (seats.words, seats.waitlist, seats.width) == (words, waitlist, width)


# ---- locks


def test_equal_reasons_are_told_once_with_all_their_fields():
    locked = {
        "crn": "CRN is kept by the SIS; it is changed there.",
        "enrollment": "Enrolled is kept by the SIS; it is changed there.",
        "title": "Title is locked in Registration; ask the registrar.",
        "notes": "Nobody may edit this now.",
    }
    assert [(lock.labels, lock.sentence) for lock in grouped_locks(CATALOGUE, locked)] == [
        (("CRN", "Enrolled"), "Kept by the SIS; they are changed there."),
        (("Title",), "Title is locked in Registration; ask the registrar."),
        (("Notes",), "Nobody may edit this now."),
    ]


def test_a_scheduler_reads_why_each_field_is_locked(campus, person):
    scheduler = person("scheduler")
    page = words_of(scheduler.get(address(campus, "S1")))
    assert "Locked: Title" not in page
    assert "You may not edit relationships" not in page
    TimelineEntry.objects.create(
        term_id=TERM, phase=Phase.objects.get(name="Closed"), starts_at=timezone.now()
    )
    page = words_of(scheduler.get(address(campus, "S1")))
    assert "Locked: Title is locked in Closed; the Registrar may change it." in page
    assert page.count("Locked in Closed; the Registrar may change them.") == 1
    assert "You may not edit relationships in Closed; the Registrar may." in page


def test_a_registrar_sees_locks_only_where_the_sis_decides(campus, person):
    campus.settings(sections={"sources": {"title": "ALWAYS_SIS"}})
    page = words_of(person("registrar").get(address(campus, "S1")))
    assert "CRN, Enrolled, Waitlisted Kept by the SIS; they are changed there." in page
    assert "Title is kept by the SIS (Always SIS in Merge Settings); it is changed there." in page
    assert "for your role" not in page


# ---- relationships


def test_a_crosslist_is_shown_with_its_members_and_capacity(campus, person):
    page = person("viewer").get(address(campus, "S3"))
    words = words_of(page)
    assert "Crosslist combined capacity 60" in words
    assert "CHE 202 A Title of S3 primary this section" in words
    assert f'href="{address(campus, "S4")}"' in page.content.decode()


def test_members_of_other_departments_are_only_counted(campus, person):
    create_relationship(
        TERM,
        kind="LINKED",
        members=[campus.id_of("S1"), campus.id_of("S2"), campus.id_of("S3")],
        primary=None,
        capacity=None,
        author=campus.author(),
    )
    words = words_of(person("scheduler").get(address(campus, "S1")))
    assert "BIO 101 B Title of S2" in words
    assert "and 1 section of other departments" in words
    assert "CHE" not in words
    assert "Title of S3" not in words


# ---- the status


@pytest.mark.parametrize(("kind", "is_told"), [("viewer", False), ("scheduler", True), ("registrar", True)])
def test_where_no_merge_follows_the_term_those_who_may_know_read_why_nothing_is_shown(
    campus, person, kind, is_told
):
    words = words_of(person(kind).get(address(campus, "S1")))
    told = "No status is shown: neither nightly nor real-time merges of sections are on for Spring 2027."
    assert (told in words) is is_told
    assert ("Between Tandem and the SIS" in words) is is_told


def test_a_synced_section_says_so_and_when(campus, person):
    campus.enable()
    words = words_of(person("scheduler").get(address(campus, "S1")))
    assert re.search(r"Synced \d{1,2} \w{3} \d{4}, \d\d:\d\d", words)
    assert "Both sides hold the same" not in words


def test_a_held_section_says_which_field_and_who_can_fix_it(campus, person):
    conflict = held(campus)
    words = words_of(person("scheduler").get(address(campus, "S1")))
    assert "Held Title differs from the SIS" in words
    assert "before Title of S1, Tandem Mine, SIS Theirs" in words
    assert "Who can fix it: the registrar." in words
    assert f"Settle conflict {conflict.pk}" not in words


def test_the_status_names_no_section_of_another_department(campus, person):
    campus.enable(send=True, real_time=False)
    mine, other = campus.create("Z"), campus.create("Y", course="C2")
    campus.crosslist(mine, other)
    path = reverse("section", args=[mine])
    assert "Crosslist of BIO 101 Z, CHE 202 Y" in words_of(person("registrar").get(path))
    words = words_of(person("scheduler").get(path))
    assert "Crosslist of BIO 101 Z, a section of another department" in words
    assert "CHE" not in words


def test_an_admin_is_led_to_the_conflict(campus, person):
    conflict = held(campus)
    client = person("registrar")
    client.user.has_admin = True
    client.user.save()
    page = client.get(address(campus, "S1")).content.decode()
    assert f'href="{reverse("conflict", args=[conflict.pk])}"' in page


def test_a_viewer_sees_no_status_and_no_why(campus, person):
    held(campus)
    words = words_of(person("viewer").get(address(campus, "S1")))
    assert "Held" not in words
    assert "Why?" not in words


# ---- why


def test_why_shows_the_values_of_both_sides_the_rule_and_who(campus, person):
    held(campus)
    words = words_of(person("scheduler").get(address(campus, "S1", why="title")))
    assert "Before Title of S1 Tandem Mine SIS Theirs Result Mine" in words
    assert "Both sides changed it, and Merge Settings ask a person" in words
    assert "kim, " in words


def test_why_tells_people_by_name(campus, person):
    words = words_of(person("scheduler").get(address(campus, "S1", why="instructors")))
    assert "SIS Ada Yonath (primary)" in words


def test_why_comes_alone_when_htmx_asks_for_it(campus, person):
    client = person("scheduler")
    answer = client.get(address(campus, "S1", why="title"), headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "Title of S1" in page
    assert "<html" not in page
    assert client.get(address(campus, "S1", why=""), headers={"HX-Request": "true"}).content.strip() == b""


@pytest.mark.parametrize("is_admin", [True, False])
def test_only_an_admin_is_led_to_the_run_that_decided(campus, person, is_admin):
    client = person("registrar")
    client.user.has_admin = is_admin
    client.user.save()
    page = client.get(address(campus, "S1", why="title")).content.decode()
    assert "Merge run" in page
    assert ("/console/runs/" in page) is is_admin


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_viewer_is_refused_the_why_with_a_sentence(campus, person, headers):
    answer = person("viewer").get(address(campus, "S1", why="title"), headers=headers)
    assert answer.status_code == 403
    assert "Your role does not see the merges with the SIS" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_field_that_does_not_exist_is_said(campus, person, headers):
    answer = person("registrar").get(address(campus, "S1", why="colour\x00"), headers=headers)
    assert answer.status_code == 200
    assert "Sections have no field “colour”" in answer.content.decode()


def test_a_custom_field_can_be_asked_why(campus, person):
    CustomField.objects.create(name="lab_fee", label="Lab fee", kind="text")
    campus.edit("S1", **{"custom.lab_fee": "20"})
    page = person("registrar").get(address(campus, "S1", why="custom.lab_fee"))
    assert 'id="why-custom-lab_fee"' in page.content.decode()
    assert "It was set in Tandem" in words_of(page)


# ---- what it costs


@pytest.mark.parametrize("count", [1, 12])
def test_the_page_costs_the_same_number_of_queries_however_much_there_is(campus, person, count):
    campus.enable()
    grow(campus, count)
    client = person("registrar")
    client.get(address(campus, "S3"))
    with CaptureQueriesContext(connection) as queries:
        page = words_of(client.get(address(campus, "S3", why="title")))
    assert page.count(" am") >= count
    assert len(queries) == QUERIES, "\n".join(one["sql"][:150] for one in queries)


QUERIES = 27
"""Who looks; section, fields, values, locks, groups, names, history; status and why ask the most."""


def grow(campus, count):
    """Many meetings, people, members and saves of S3."""
    people = [
        Instructor.objects.create(sis_id=f"P{number}", last_name=f"P{number}") for number in range(count)
    ]
    author = Author(now=timezone.now(), source="FORM", user=campus.registrar)
    create_relationship(
        TERM,
        kind="LINKED",
        members=[campus.id_of("S3"), *(campus.create(f"L{number}") for number in range(count))],
        primary=None,
        capacity=None,
        author=author,
    )
    for number in range(1, count + 1):
        hours = [("MTWRFSU"[one % 7], 8 + one // 7) for one in range(number)]
        campus.edit(
            "S3",
            meetings=[
                {"days": day, "start_time": f"{hour:02}:00", "end_time": f"{hour:02}:50", "building": "HAL"}
                for day, hour in hours
            ],
            instructors=[{"instructor": one.pk, "percent": 1} for one in people[:number]],
        )
    assert Term.objects.count() == 2
