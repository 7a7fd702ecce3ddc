"""Merge Settings, Terms: the switches of every term, and a term that only the SIS knows."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import MergeProfile, TermSwitch
from integration.settings import MergeSettings, TypeSettings, save_settings
from integration.sis.exchange_writing import write_folder
from integration.sis.port import MergeType
from integration.switch_values import OFF, Switch, SwitchChange
from integration.term_switches import SwitchesChanged, save_switches
from integration.terms import CannotEnable
from scheduling.models import ChangeLog, Term
from tests.campus import TABLES, TERM, Campus
from tests.web.console.page_forms import post, words_of

PATH = "/console/settings/terms/"
TYPES = ("courses", "sections", "relationships")


@pytest.fixture
def term(term_of):
    return term_of(TERM)


def switch(term, merge_type="sections", **values):
    return TermSwitch.objects.create(term=term, merge_type=merge_type, **values)


def send(client, *, page=None, step="preview", **options):
    return post(client, PATH, page or client.get(PATH), holds="seen:", step=step, **options)


def save(client, **options):
    return send(client, page=send(client, **options), step="save")


def on(flag, *types, code=TERM):
    return {f"{flag}:{one}:{code}": "on" for one in types or TYPES}


def stands(term, merge_type="sections"):
    """What is on, by its first letters: import, send, nightly, real time."""
    one = TermSwitch.objects.filter(term=term, merge_type=merge_type).first()
    if one is None:
        return ""
    flags = {"i": one.is_importing, "s": one.is_sending, "n": one.is_nightly, "r": one.is_real_time}
    return "".join(letter for letter, is_on in flags.items() if is_on)


# ---- who


@pytest.mark.parametrize("kind", ["no product", "no role", "viewer", "scheduler", "registrar"])
def test_only_the_admin_product_opens_and_sends_the_page(person, term, kind):
    client = person(kind)
    data = {f"seen:sections:{TERM}": "0000", **on("is_importing", "sections"), "step": "save"}
    for answer in (client.get(PATH), client.post(PATH, data), client.post(PATH, {"step": "bring"})):
        assert answer.status_code == 403
    assert stands(term) == ""


def test_nobody_else_is_asked_to_sign_in(person):
    assert person("anonymous").post(PATH).headers["Location"].startswith("/sign-in/?next=")


def test_looking_changes_nothing(admin, term):
    admin.get(PATH, {f"seen:sections:{TERM}": "0000", f"is_importing:sections:{TERM}": "on", "step": "save"})
    assert stands(term) == ""
    assert not ChangeLog.objects.exists()


# ---- what is shown


def test_each_tick_is_explained_and_courses_are_never_sent(admin, term):
    page = admin.get(PATH)
    words = words_of(page)
    assert "What is changed in Tandem may go to the SIS. Courses are never sent." in words
    assert "Each save goes to the SIS at once. It needs Send." in words
    assert f'name="is_sending:courses:{TERM}"' not in page.content.decode()
    assert f'name="is_sending:sections:{TERM}"' in page.content.decode()


def test_what_the_sis_takes_no_writes_of_is_said_and_cannot_be_sent(admin, term, settings):
    settings.SIS_URL = (
        "memory:///nowhere?refuses=sections.CREATE,sections.UPDATE,sections.CANCEL,sections.DELETE"
    )
    why = "This SIS (memory) takes no sections, so none can be sent."
    words = words_of(admin.get(PATH))
    assert why in words
    assert "takes no relationships" not in words
    asked = send(admin, fields=on("is_importing") | on("is_sending", "sections", "relationships"))
    assert asked.status_code == 422
    assert f"{why} Untick Send." in words_of(asked, status=422)


def test_why_a_type_is_off_is_said(admin, term):
    switch(term)
    switch(term, "courses")
    off = MergeSettings(types={"sections": TypeSettings(is_enabled=False)})
    save_settings(off, actor=None, reason="", now=timezone.now())
    words = words_of(admin.get(PATH))
    assert "Off in Merge Settings" in words
    assert "Relationships Off" in words


def test_an_ended_term_that_is_on_warns_with_the_day_on_which_it_ends_by_itself(admin, term_of):
    term = term_of("20263", starts=-120, ends=-2)
    switch(term, until=timezone.localdate() + dt.timedelta(days=3))
    assert "and stays on until" in words_of(admin.get(PATH))


def test_ended_terms_that_are_off_stand_apart(admin, term, term_of):
    switch(term_of("20263", starts=-120, ends=-2))
    before, _summary, after = words_of(admin.get(PATH)).partition("1 ended or withdrawn term, off")
    assert "20271" in before
    assert "20263 Ended on" in after
    assert "Off since" in words_of(admin.get(PATH, {"show": "20263"}))


def test_a_term_that_the_sis_withdrew_cannot_be_turned_on_and_says_why(admin, term_of):
    term_of("20275", is_active=False)
    page = admin.get(PATH)
    assert "The SIS no longer has this term; it cannot be turned on." in words_of(page)
    assert 'name="is_importing:sections:20275"' not in page.content.decode()


def test_a_withdrawn_term_that_is_still_on_can_be_turned_off(admin, term_of):
    term = term_of("20275", is_active=False)
    switch(term)
    assert "Withdrawn by the SIS: nothing of it is merged." in words_of(admin.get(PATH))
    page = admin.get(PATH, {"show": "20275"})
    save(admin, page=page, without=["is_importing:sections:20275"])
    assert stands(term) == ""


def test_without_a_term_the_page_says_the_next_step(admin):
    assert "Next: bring one in below" in words_of(admin.get(PATH))


def test_without_usable_settings_the_terms_are_still_shown(admin, term):
    MergeProfile.objects.update(is_active=False)
    words = words_of(admin.get(PATH))
    assert "No merge profile is active" in words
    assert TERM in words


@pytest.mark.parametrize("count", [1, 15])
def test_the_page_costs_the_same_number_of_queries_however_many_terms(admin, term_of, run_of, count):
    for number in range(count):
        term = term_of(f"T{number}")
        for one in TYPES:
            switch(term, one)
            run_of(one, term)
    with CaptureQueriesContext(connection) as queries:
        admin.get(PATH)
    assert len(queries) == QUERIES, "\n".join(one["sql"] for one in queries)


QUERIES = 8
"""Session, user with rights; settings; switches twice; terms, also of the frame; runs."""


def test_a_hundred_ended_terms_do_not_make_the_form_too_large_to_send(admin, term, term_of):
    for number in range(100):
        term_of(f"E{number}", starts=-120, ends=-2)
    save(admin, fields=on("is_importing", "sections"))
    assert stands(term) == "i"


def test_the_switches_of_an_ended_term_stay_in_the_page_while_they_are_being_changed(admin, term_of):
    term_of("20263", starts=-120, ends=-2)
    page = admin.get(PATH, {"show": "20263"})
    answer = send(admin, page=page, fields=on("is_nightly", "sections", code="20263"))
    assert "what is not imported is not merged" in words_of(answer, status=422)
    assert 'name="is_nightly:sections:20263"' in answer.content.decode()


# ---- changing


def test_the_difference_comes_first_with_what_it_will_do(admin, term):
    page = words_of(send(admin, fields=on("is_importing") | on("is_sending", "sections")))
    assert "3 switches. Nothing is saved yet." in page
    assert "Sections in Term 20271 Off Import, Send It is imported whenever it is merged." in page
    assert stands(term) == ""


def test_confirming_saves_each_switch_with_its_audit(admin, term):
    answer = save(admin, fields=on("is_importing") | on("is_nightly") | on("is_sending", "sections"))
    assert answer.headers["Location"] == PATH
    assert [stands(term, one) for one in TYPES] == ["in", "isn", "in"]
    rows = ChangeLog.objects.filter(record_type="term_switch").order_by("id")
    assert [(row.record_id, row.action, row.source, row.actor) for row in rows] == [
        (f"{TERM}:{one}", "CREATE", "FORM", admin.user) for one in TYPES
    ]
    assert rows[1].before is None
    assert rows[1].after == {
        "is_importing": True,
        "is_sending": True,
        "is_nightly": True,
        "is_real_time": False,
        "until": None,
    }


def test_taking_the_last_tick_away_turns_a_type_off(admin, term):
    switch(term)
    save(admin, without=[f"is_importing:sections:{TERM}"])
    assert stands(term) == ""
    assert ChangeLog.objects.get().action == "DELETE"


def test_one_tick_turns_a_switch_on_for_all_three_types_without_a_script(admin, term):
    save(admin, fields={f"all:is_importing:{TERM}": "on", f"all:is_sending:{TERM}": "on"})
    assert [stands(term, one) for one in TYPES] == ["i", "is", "is"]
    save(admin, without=[f"all:is_sending:{TERM}"])
    assert [stands(term, one) for one in TYPES] == ["i", "i", "i"]


def test_an_untouched_tick_for_all_three_leaves_each_type_as_it_is_ticked(admin, term):
    switch(term, "sections")
    save(admin, fields=on("is_nightly", "sections"))
    assert [stands(term, one) for one in TYPES] == ["", "in", ""]


def test_where_a_script_follows_the_ticks_only_they_count(admin, term):
    save(
        admin, fields={f"all:is_importing:{TERM}": "on"} | on("is_importing", "courses"), without=["together"]
    )
    assert [stands(term, one) for one in TYPES] == ["i", "", ""]


def test_going_back_from_the_difference_keeps_the_ticks(admin, term):
    page = send(admin, page=send(admin, fields=on("is_importing", "sections")), step="edit")
    assert "is_importing:sections:20271" in page.content.decode()
    save(admin, page=page)
    assert stands(term) == "i"


def test_where_nothing_differs_the_page_says_so(admin, term):
    assert "there is nothing to save" in words_of(send(admin))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (on("is_nightly", "sections"), "what is not imported is not merged at all"),
        (on("is_importing") | on("is_real_time", "sections"), "it needs Send"),
        (on("is_importing") | {f"until:sections:{TERM}": "2001-01-01"}, "1 Jan 2001 is past"),
        (on("is_importing") | {f"until:sections:{TERM}": "soon"}, "soon is no date"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "save"])
def test_what_makes_no_sense_is_refused_with_a_link_to_its_tick(admin, term, step, fields, sentence):
    answer = send(admin, step=step, fields=fields)
    page = answer.content.decode()
    assert sentence in words_of(answer, status=422)
    anchor = page.partition('<li><a href="#')[2].partition('"')[0]
    assert page.count(f'id="{anchor}"') == 1
    assert stands(term) == ""


def test_courses_are_not_sent_whoever_asks(admin, term):
    save(admin, fields=on("is_importing") | on("is_sending") | on("is_real_time"))
    assert [stands(term, one) for one in TYPES] == ["i", "isr", "isr"]


def test_an_ended_term_gets_a_last_day_and_the_difference_says_it(admin, term_of):
    term = term_of(TERM, starts=-120, ends=-2)
    page = send(admin, page=admin.get(PATH, {"show": TERM}), fields=on("is_importing", "sections"))
    last = timezone.localdate() + dt.timedelta(days=7)
    assert f"It ends by itself on {last.day} {last:%b %Y}. The term has its end on" in words_of(page)
    send(admin, page=page, step="save")
    assert TermSwitch.objects.get(term=term).until == last


def test_a_date_beyond_the_terms_end_is_kept_and_said(admin, term):
    until = term.end_date + dt.timedelta(days=9)
    fields = on("is_importing", "sections") | {f"until:sections:{TERM}": until.isoformat()}
    page = send(admin, fields=fields)
    assert "it stays on beyond that" in words_of(page)
    send(admin, page=page, step="save")
    assert TermSwitch.objects.get(term=term).until == until


def test_what_waits_to_be_sent_is_counted_before_sending_is_turned_on(admin, tmp_path):
    campus = Campus(folder=tmp_path / "sis")
    campus.load()
    campus.enable(send=False, real_time=False)
    campus.edit("S1", title="Other")
    campus.edit("S2", title="Another")
    assert "2 of its records wait to be sent" in words_of(send(admin, fields=on("is_sending", "sections")))


# ---- two people at once


@pytest.mark.parametrize("step", ["preview", "save"])
def test_a_switch_that_somebody_else_changed_meanwhile_is_shown_and_nothing_is_saved(admin, term, step):
    form = admin.get(PATH)
    switch(term, is_sending=True)
    answer = send(
        admin, page=form, step=step, fields=on("is_importing", "sections") | on("is_nightly", "sections")
    )
    page = words_of(answer, status=409)
    assert "Sections in Term 20271: saved meanwhile Import, Send; you chose Import, Nightly" in page
    assert stands(term) == "is"
    save(admin, page=answer)
    assert stands(term) == "in"


def test_another_switch_that_changed_meanwhile_is_left_as_it_is(admin, term):
    form = admin.get(PATH)
    switch(term, "courses")
    save(admin, page=form, fields=on("is_importing", "sections"))
    assert [stands(term, one) for one in TYPES] == ["i", "i", ""]


def test_the_service_saves_all_or_nothing(admin, term):
    importing = Switch(is_importing=True)
    changes = [
        SwitchChange(term=term, merge_type=MergeType.COURSES, before=OFF, after=importing),
        SwitchChange(term=term, merge_type=MergeType.SECTIONS, before=importing, after=OFF),
    ]
    with pytest.raises(SwitchesChanged):
        save_switches(changes, actor=admin.user, now=timezone.now())
    sends = SwitchChange(
        term=term, merge_type=MergeType.COURSES, before=OFF, after=Switch(is_importing=True, is_sending=True)
    )
    with pytest.raises(CannotEnable, match="never sent"):
        save_switches([sends], actor=admin.user, now=timezone.now())
    assert not TermSwitch.objects.exists()
    assert not ChangeLog.objects.exists()


# ---- a term that is not here yet


@pytest.fixture
def sis(tmp_path, settings):
    write_folder(tmp_path / "sis", TABLES)
    settings.SIS_URL = f"memory://{tmp_path / 'sis'}"
    return tmp_path / "sis"


def bring(client, code, **more):
    return client.post(PATH, {"step": "bring", "code": code} | more, follow=True)


def test_a_term_that_only_the_sis_knows_is_brought_in_and_imported_but_not_sent(admin, sis):
    page = words_of(bring(admin, f" {TERM} ", nightly="on"))
    assert "Spring 2027 is here and will be imported. Nothing is sent yet." in page
    term = Term.objects.get(pk=TERM)
    assert [stands(term, one) for one in TYPES] == ["in", "in", "in"]
    assert ChangeLog.objects.filter(record_type="term_switch", actor=admin.user).count() == 3


def test_a_term_that_is_here_already_is_left_as_it_is(admin, sis, term):
    assert "is here already" in words_of(bring(admin, TERM))
    assert stands(term) == ""


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("", "Write the term's code"),
        ("9" * 41, "Write the term's code"),
        ("\x00", "Write the term's code"),
        ("2099", "The SIS does not offer a term '2099'"),
    ],
)
def test_a_code_that_names_no_term_is_refused_in_words(admin, sis, code, sentence):
    assert sentence in words_of(bring(admin, code), status=422).replace("&#x27;", "'")
    assert not Term.objects.exists()


def test_where_the_sis_cannot_be_asked_the_page_says_so(admin, settings, tmp_path):
    settings.SIS_URL = f"memory://{tmp_path / 'nothing-here'}"
    assert "The SIS could not be asked" in words_of(bring(admin, TERM), status=422)
    settings.SIS_URL = ""
    assert "SIS_URL is not set" in words_of(bring(admin, TERM), status=422)
