"""Taking back one's own last save, and the page of one's changes."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integration.models import OutboundChange
from scheduling.models import ChangeLog, Section
from scheduling.selectors import values_of_sections
from scheduling.services import sections
from scheduling.services.audit import Author
from tests.campus import NOW, TERM
from tests.section_form import form_of


def undo(campus, sis_id="S1"):
    return reverse("section_undo", args=[campus.id_of(sis_id)])


def save(client, campus, sis_id="S1", **changes):
    author = Author(now=NOW, source=ChangeLog.Source.FORM, user=client.user, confirmed_students=100)
    return sections.update_section(campus.id_of(sis_id), changes, author=author)


def state(campus, sis_id="S1"):
    return values_of_sections([campus.id_of(sis_id)])[campus.id_of(sis_id)].values


def take_back(client, campus, sis_id="S1", **more):
    form = form_of(client.get(undo(campus, sis_id)).content.decode())
    return client.post(undo(campus, sis_id), form | more)


def test_every_field_of_the_last_save_comes_back(campus, registrar):
    before = state(campus)
    save(registrar, campus, title="Mine", capacity=20, meetings=[], instructors=[])
    page = registrar.get(undo(campus)).content.decode()
    for words in ("Title", "Mine", "Title of S1", "MWF 9:00–9:50 am"):
        assert words in page
    assert take_back(registrar, campus).headers["Location"] == reverse("section", args=[campus.id_of("S1")])
    assert state(campus) == before
    rows = ChangeLog.objects.filter(record_type="section", actor=registrar.user, version=3)
    assert {row.reason for row in rows} == {"Took back the last save"}


def test_taking_back_can_be_taken_back(campus, registrar):
    save(registrar, campus, title="Mine")
    take_back(registrar, campus)
    take_back(registrar, campus)
    assert state(campus)["title"] == "Mine"


def test_a_section_that_was_just_made_is_deleted_again(campus, registrar):
    author = Author(now=NOW, source=ChangeLog.Source.FORM, user=registrar.user)
    made = sections.create_section(TERM, {"course": "C1", "section_number": "Q"}, author=author).section_id
    path = reverse("section_undo", args=[made])
    form = form_of(registrar.get(path).content.decode())
    assert registrar.post(path, form).headers["Location"] == reverse("sections", args=[TERM])
    assert not Section.objects.filter(pk=made).exists()


def test_a_cancelled_one_is_active_again(campus, registrar):
    save(registrar, campus, status="CANCELLED")
    take_back(registrar, campus)
    assert state(campus)["status"] == "ACTIVE"


def test_what_somebody_else_saved_since_is_not_taken_back(campus, registrar):
    save(registrar, campus, title="Mine")
    campus.edit("S1", capacity=21)
    page = registrar.get(undo(campus)).content.decode()
    assert "kim saved BIO 101 A last; only who made the last save may take it back." in page
    assert registrar.post(undo(campus), {"version": "3"}).status_code == 422
    assert (state(campus)["title"], state(campus)["capacity"]) == ("Mine", 21)


def test_what_the_sis_changed_since_is_not_taken_back(campus, registrar):
    campus.adapter.edit("S1", notes="From the SIS")
    campus.merge()
    assert "came from the SIS" in registrar.get(undo(campus)).content.decode()
    assert registrar.post(undo(campus), {"version": "2"}).status_code == 422
    assert state(campus)["notes"] == "From the SIS"


def test_a_save_between_looking_and_taking_back_stops_it(campus, registrar):
    save(registrar, campus, title="Mine")
    form = form_of(registrar.get(undo(campus)).content.decode())
    save(registrar, campus, title="Mine again")
    assert registrar.post(undo(campus), form).status_code == 409
    assert state(campus)["title"] == "Mine again"


def test_students_are_asked_about_again(campus, registrar):
    save(registrar, campus, "S2", credits="0.50")
    answer = take_back(registrar, campus, "S2")
    assert answer.status_code == 409
    assert "12 enrolled students" in answer.content.decode()
    again = form_of(answer.content.decode())
    assert registrar.post(undo(campus, "S2"), again).status_code == 302
    assert state(campus, "S2")["credits"] == "1.00"


@pytest.mark.parametrize(
    ("kind", "own", "other"),
    [("anonymous", 302, 302), ("no product", 403, 403), ("viewer", 200, 200), ("scheduler", 200, 404)],
)
def test_who_sees_a_section_may_ask(campus, person, kind, own, other):
    client = person(kind)
    assert client.get(undo(campus)).status_code == own
    assert client.get(undo(campus, "S3")).status_code == other
    assert client.post(undo(campus, "S3"), {"version": "1"}).status_code in {other, 422}


def test_a_section_offers_it_to_who_saved_it_last(campus, registrar, person):
    path = reverse("section", args=[campus.id_of("S1")])
    assert "Take back my last save" not in registrar.get(path).content.decode()
    save(registrar, campus, title="Mine")
    assert "Take back my last save" in registrar.get(path).content.decode()
    assert "Take back my last save" not in person("viewer").get(path).content.decode()


def test_what_the_sis_counts_since_takes_nothing_away(campus, registrar):
    save(registrar, campus, title="Mine")
    campus.adapter.edit("S1", enrollment="7")
    campus.merge()
    path = reverse("section", args=[campus.id_of("S1")])
    assert "Take back my last save" in registrar.get(path).content.decode()
    assert "Take back my last save" not in registrar.get(path, {"history": "capacity"}).content.decode()
    take_back(registrar, campus)
    assert (state(campus)["title"], state(campus)["enrollment"]) == ("Title of S1", 7)


OFFER = re.compile(
    r'action="(/sections/\d+/undo/)">.*?name="version" value="(\d+)">.*?name="next" value="([^"]*)">'
)


def offer(page):
    """(address, form) of the button in the message after a save."""
    path, version, back = OFFER.search(page).groups()
    return path, {"version": version, "next": back}


def test_the_message_after_a_save_offers_to_take_it_back_and_leads_back_where_one_was(campus, registrar):
    edit = reverse("section_edit", args=[campus.id_of("S1")])
    here = f"/terms/{TERM}/sections/?department=BIO"
    form = form_of(registrar.get(f"{edit}?next={here}").content.decode()) | {"value.title": ["Mine"]}
    page = registrar.post(edit, form, follow=True).content.decode()
    path, asked = offer(page)
    assert OFFER.search(registrar.get(here).content.decode()) is None
    assert registrar.post(path, asked).headers["Location"] == here
    assert state(campus)["title"] == "Title of S1"
    assert registrar.post(path, asked).status_code == 409


def test_a_save_that_changed_nothing_offers_nothing(campus, registrar):
    edit = reverse("section_edit", args=[campus.id_of("S1")])
    page = registrar.post(edit, form_of(registrar.get(edit).content.decode()), follow=True).content.decode()
    assert "nothing was changed" in page
    assert OFFER.search(page) is None


def test_a_new_and_a_cancelled_section_are_taken_back_from_the_message(campus, registrar):
    new = reverse("section_new", args=[TERM]) + "?course=BIO-101"
    made = registrar.post(new, form_of(registrar.get(new).content.decode()), follow=True).content.decode()
    path, asked = offer(made)
    assert registrar.post(path, asked).headers["Location"] == reverse("sections", args=[TERM])
    assert not Section.objects.filter(section_number="C").exists()
    cancel = reverse("section_cancel", args=[campus.id_of("S1")])
    ended = registrar.post(cancel, form_of(registrar.get(cancel).content.decode()), follow=True)
    path, asked = offer(ended.content.decode())
    registrar.post(path, asked)
    assert state(campus)["status"] == "ACTIVE"


def test_students_are_asked_about_before_a_save_is_taken_back_from_the_message(campus, registrar):
    save(registrar, campus, "S2", credits="0.50")
    here = f"/terms/{TERM}/sections/"
    asked = registrar.post(undo(campus, "S2"), {"version": "2", "next": here})
    assert asked.status_code == 409
    again = form_of(asked.content.decode())
    assert registrar.post(undo(campus, "S2"), again).headers["Location"] == here


# ---- my changes


PATH = f"/terms/{TERM}/my-changes/"


def words_of(answer):
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.partition(">")[2]))


def now_save(client, campus, sis_id="S1", **changes):
    from django.utils import timezone  # noqa: PLC0415  # the page shows the last days

    author = Author(now=timezone.now(), source=ChangeLog.Source.FORM, user=client.user)
    return sections.update_section(campus.id_of(sis_id), changes, author=author)


def test_one_s_own_changes_are_told_with_how_far_the_sis_has_them(campus, registrar):
    campus.enable()
    now_save(registrar, campus, title="Mine")
    now_save(registrar, campus, "S3", notes="Bring boots")
    page = words_of(registrar.get(PATH))
    assert "BIO 101 A" in page
    assert "Title of S1" in page
    assert "Mine" in page
    assert "CHE 202 A" in page
    assert "On its way" in page


def test_what_the_sis_refused_stands_first_with_the_fix(campus, registrar):
    campus.enable()
    now_save(registrar, campus, title="Refused one")
    campus.adapter.faults([{"when": {"operation": "UPDATE"}, "then": "refuse", "times": 1}])
    campus.merge(sends=True)
    assert OutboundChange.objects.filter(state="PARKED").exists()
    now_save(registrar, campus, "S3", notes="Later")
    page = words_of(registrar.get(PATH))
    assert "1 of these sections waits for a person" in page
    assert page.index("BIO 101 A") < page.index("CHE 202 A")
    assert "Rejected" in page
    assert "Who can fix it" in page


def test_a_section_that_is_gone_is_called_by_its_name(campus, registrar):
    made = campus.create("Q")
    registrar.post(reverse("section_delete", args=[made]), {"version": "1"})
    assert "BIO 101 Q, which is gone" in words_of(registrar.get(PATH))


def test_other_people_s_changes_are_not_there(campus, registrar, person):
    now_save(registrar, campus, title="Mine")
    assert "No change of yours here" in words_of(person("scheduler").get(PATH))


def test_without_the_permission_no_state_is_told(campus, person):
    campus.enable()
    client = person("viewer")
    page = words_of(client.get(PATH))
    assert "No change of yours" in page


@pytest.mark.parametrize("query", ["days=0", "days=x", "days=7&cursor=odd", "cursor=%00", "days=30"])
def test_odd_addresses_are_answered(campus, registrar, query):
    assert registrar.get(f"{PATH}?{query}").status_code == 200


def test_many_changes_take_as_many_queries_as_few(campus, registrar):
    campus.enable()
    counts = []
    for sis_ids in (["S1"], ["S2", "S3", "S4"]):
        for sis_id in sis_ids:
            now_save(registrar, campus, sis_id, title=f"Title for {sis_id}")
        registrar.get(PATH)
        with CaptureQueriesContext(connection) as taken:
            registrar.get(PATH)
        counts.append(len(taken))
    assert counts[0] <= counts[1] <= counts[0] + 1  # the groups of S3 and S4 are one query more
