"""Console, Phases: the list, the matrices of one, copying, removing; and who may open all pages of rules."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from phases.models import Exemption, Phase, PhaseActionRule, PhaseFieldRule, RolePermission, TimelineEntry
from phases.rules import Action, Rule
from phases.selectors import phase_rules
from phases.services.phases import save_phase_rules
from scheduling.models import ChangeLog, CustomField, Department, Role
from tests.web.console.page_forms import post, words_of

LIST, NEW = "/console/phases/", "/console/phases/new/"


@pytest.fixture
def draft(db):
    return Phase.objects.get(name="Draft")


def path_of(phase):
    return reverse("phase", args=[phase.pk])


def send(client, phase, *, page=None, step="preview", **options):
    path = phase if isinstance(phase, str) else path_of(phase)
    return post(client, path, page or client.get(path), holds="seen", step=step, **options)


def save(client, phase, **options):
    return send(client, phase, page=send(client, phase, **options), step="save")


def rule(phase, role, name):
    return phase_rules([phase.pk])[phase.pk].field_rule(role, name)


def own_rules(phase):
    return {
        (role, name): said
        for role, name, said in PhaseFieldRule.objects.filter(phase=phase).values_list(
            "role_id", "field", "rule"
        )
    }


def nothing_written():
    return not ChangeLog.objects.exists()


# ---- who


@pytest.fixture
def addresses(term_of, person, draft):
    term = term_of("20271")
    user = person("scheduler").user
    now = timezone.now()
    held = Exemption.objects.create(
        term=term,
        user=user,
        department=Department.objects.get(pk="BIO"),
        fields=["title"],
        since=now,
        until=now + timezone.timedelta(days=1),
        reason="late",
    )
    return [
        LIST,
        NEW,
        path_of(draft),
        reverse("phase_delete", args=[draft.pk]),
        reverse("role_delete", args=["SCHEDULER"]),
        reverse("timelines"),
        reverse("timeline", args=[term.pk]),
        reverse("roles"),
        reverse("role_new"),
        reverse("role", args=["SCHEDULER"]),
        reverse("exemptions"),
        reverse("exemption_new"),
        reverse("exemption_revoke", args=[held.pk]),
    ]


@pytest.mark.parametrize("kind", ["no product", "no role", "viewer", "registrar"])
def test_only_the_admin_product_opens_and_sends_the_pages_of_rules(person, addresses, kind):
    client = person(kind)
    for path in addresses:
        for answer in (client.get(path), client.post(path, {"step": "save"})):
            assert answer.status_code == 403, path
    assert nothing_written()


def test_nobody_else_is_asked_to_sign_in(addresses):
    for path in addresses:
        assert Client().post(path).headers["Location"].startswith("/sign-in/?next="), path


def test_looking_changes_nothing(admin, addresses):
    tables = (Phase, PhaseFieldRule, PhaseActionRule, TimelineEntry, Exemption, Role, RolePermission)
    before = [list(one.objects.order_by("pk").values()) for one in tables]
    for path in addresses:
        assert admin.get(path, {"step": "save", "name": "x"}).status_code == 200, path
    assert [list(one.objects.order_by("pk").values()) for one in tables] == before
    assert nothing_written()


def test_a_form_without_its_token_is_refused(person, addresses):
    client = person("full admin", enforce_csrf_checks=True)
    for path in addresses:
        assert client.post(path, {"step": "save"}).status_code in {403, 405}, path
    assert nothing_written()


def test_a_phase_that_is_not_there_is_not_found(admin):
    assert admin.get("/console/phases/999999/").status_code == 404
    assert admin.get("/console/phases/999999/remove/").status_code == 404


# ---- the list


def test_the_list_says_which_terms_are_in_a_phase_now_and_next(admin, term_of, draft):
    term = term_of("20271")
    now = timezone.now()
    TimelineEntry.objects.create(term=term, phase=draft, starts_at=now - timezone.timedelta(days=1))
    closed = Phase.objects.get(name="Closed")
    TimelineEntry.objects.create(term=term, phase=closed, starts_at=now + timezone.timedelta(days=9))
    words = words_of(admin.get(LIST))
    assert "Draft Departments build their sections. Term 20271 until" in words
    assert "Closed The term is over; the registrar alone corrects it. none Term 20271 from" in words


def queries(client, path):
    client.get(path)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(path).status_code == 200
    return len(found)


def test_queries_do_not_grow_with_phases_terms_roles_and_rules(admin, term_of, draft):
    term = term_of("20271")
    TimelineEntry.objects.create(term=term, phase=draft, starts_at=timezone.now())
    paths = [LIST, path_of(draft), NEW]
    before = [queries(admin, one) for one in paths]
    for number in range(6):
        other = term_of(f"2028{number}", starts=-20 + number)
        phase = Phase.objects.create(name=f"P{number}", position=50)
        role = Role.objects.create(code=f"R{number}", name=f"R{number}")
        PhaseFieldRule.objects.create(phase=phase, role=role, field="title", rule="OPEN")
        TimelineEntry.objects.create(term=other, phase=phase, starts_at=timezone.now())
    assert [queries(admin, one) for one in paths] == before


# ---- the matrix


def test_the_default_is_said_in_each_cell_and_what_differs_is_marked(admin):
    registration = Phase.objects.get(name="Registration")
    page = admin.get(path_of(registration)).content.decode()
    assert "As default (open)" in page
    assert "Not allowed to edit sections by the role itself" in page
    assert "Kept by the SIS; nobody edits it in Tandem." in page
    cells = page.split("<td")
    title = next(one for one in cells if 'name="field:SCHEDULER:title"' in one)
    notes = next(one for one in cells if 'name="field:SCHEDULER:notes"' in one)
    assert 'class="differs"' in title
    assert 'class="differs"' not in notes


def test_nothing_is_saved_before_the_difference_was_shown(admin, draft):
    page = send(admin, draft, fields={"field:SCHEDULER:title": "LOCKED"})
    words = words_of(page)
    assert "1 change. Nothing is saved yet." in words
    assert "Title: Scheduler As default (open) Locked Locks while the phase holds." in words
    assert rule(draft, "SCHEDULER", "title") is Rule.DEFAULT
    assert nothing_written()
    answer = send(admin, draft, page=page, step="save")
    assert answer.status_code == 302
    assert rule(draft, "SCHEDULER", "title") is Rule.LOCKED
    found = ChangeLog.objects.get(record_type="phase")
    assert (found.field, found.actor, found.source) == ("title", admin.user, "FORM")
    assert found.after == {"SCHEDULER": "LOCKED"}


def test_the_terms_that_are_in_the_phase_are_named_before_it_is_saved(admin, draft, term_of):
    TimelineEntry.objects.create(term=term_of("20271"), phase=draft, starts_at=timezone.now())
    page = send(admin, draft, fields={"field:SCHEDULER:title": "LOCKED"})
    assert "Once saved, it counts at once in Term 20271." in words_of(page)


def test_a_rule_that_opens_nothing_says_so(admin, draft):
    page = send(admin, draft, fields={"field:VIEWER:title": "OPEN"})
    assert "Title: Viewer As default (locked) Open Stays locked as the role is now." in words_of(page)


def test_going_back_keeps_what_was_chosen(admin, draft):
    page = send(admin, draft, fields={"field:SCHEDULER:title": "LOCKED"})
    again = send(admin, draft, page=page, step="edit")
    assert "2 changes" in words_of(send(admin, draft, page=again, fields={"field:SCHEDULER:notes": "LOCKED"}))
    assert nothing_written()


def test_a_form_without_changes_says_so(admin, draft):
    assert "there is nothing to save" in words_of(send(admin, draft))


def test_a_column_is_set_in_the_form_and_not_saved(admin, draft):
    chosen = {"set_what": "field:", "set_role": "SCHEDULER", "set_rule": "LOCKED"}
    page = send(admin, draft, step="set", fields=chosen)
    assert nothing_written()
    save(admin, draft, page=page)
    assert own_rules(draft) == {("SCHEDULER", "*"): "LOCKED"}
    assert rule(draft, "SCHEDULER", "custom.later") is Rule.LOCKED


def test_a_row_is_set_for_every_role(admin, draft):
    chosen = {"set_what": "action:cancel_section", "set_role": "", "set_rule": "LOCKED"}
    save(admin, draft, page=send(admin, draft, step="set", fields=chosen))
    rows = PhaseActionRule.objects.filter(phase=draft, action=Action.CANCEL_SECTION)
    assert set(rows.values_list("role_id", "rule")) == {
        (code, "LOCKED") for code in Role.objects.values_list("code", flat=True)
    }


def test_opening_later_fields_leaves_the_others_as_they_were_shown(admin):
    closed = Phase.objects.get(name="Closed")
    save(admin, closed, fields={"field:SCHEDULER:*": "DEFAULT"})
    assert rule(closed, "SCHEDULER", "title") is Rule.LOCKED
    assert rule(closed, "SCHEDULER", "custom.later") is Rule.DEFAULT


def test_the_institutions_own_field_has_a_row(admin, draft):
    CustomField.objects.create(name="fee", label="Course fee", kind="text")
    save(admin, draft, fields={"field:SCHEDULER:custom.fee": "LOCKED"})
    assert own_rules(draft) == {("SCHEDULER", "custom.fee"): "LOCKED"}


@pytest.mark.parametrize(
    "wanted", ["not json", "[1]", '{"field:SCHEDULER:title": "MAYBE"}', '{"x:y:z": "OPEN"}']
)
def test_what_no_form_sends_changes_nothing(admin, draft, wanted):
    admin.post(path_of(draft), {"step": "save", "wanted": wanted, "seen": "{"})
    assert rule(draft, "SCHEDULER", "title") is Rule.DEFAULT
    assert nothing_written()


@pytest.mark.parametrize(
    "wanted",
    [
        '{"field:NOBODY:title": "OPEN"}',
        '{"field:SCHEDULER:nothing": "OPEN"}',
        '{"action:SCHEDULER:nothing": "OPEN"}',
    ],
)
def test_a_role_field_or_action_that_is_not_there_is_refused(admin, draft, wanted):
    answer = admin.post(path_of(draft), {"step": "save", "wanted": wanted})
    assert answer.status_code in {200, 422}
    assert nothing_written()


# ---- somebody else saved meanwhile


def lock_meanwhile(phase, role, name, value="LOCKED"):
    known = {"title", "notes"}
    save_phase_rules(
        phase.pk, fields={(role, name): Rule(value)}, actions={}, known_fields=known, record=lambda _all: None
    )


def test_a_change_saved_meanwhile_is_shown_and_kept(admin, draft):
    page = send(admin, draft, fields={"field:SCHEDULER:title": "LOCKED"})
    lock_meanwhile(draft, "SCHEDULER", "notes")
    answer = send(admin, draft, page=page, step="save")
    words = words_of(answer, status=409)
    assert "Nothing of yours was saved or lost" in words
    assert "Notes: Scheduler: As default (open) → Locked" in words
    assert rule(draft, "SCHEDULER", "title") is Rule.DEFAULT
    save(admin, draft, page=answer)
    assert own_rules(draft) == {("SCHEDULER", "title"): "LOCKED", ("SCHEDULER", "notes"): "LOCKED"}


def test_two_choices_in_one_cell_are_both_said(admin, draft):
    page = send(admin, draft, fields={"field:SCHEDULER:title": "LOCKED"})
    lock_meanwhile(draft, "SCHEDULER", "title", "OPEN")
    answer = send(admin, draft, page=page, step="save")
    assert "Title: Scheduler: saved Open, you chose Locked" in words_of(answer, status=409)
    assert rule(draft, "SCHEDULER", "title") is Rule.OPEN


# ---- making, copying, removing


def test_a_new_phase_is_made_from_another_ones_rules(admin):
    closed = Phase.objects.get(name="Closed")
    page = admin.get(NEW, {"copy": closed.pk})
    answer = save(admin, NEW, page=page, fields={"name": "Audit", "colour": "red"})
    assert answer.status_code == 302
    made = Phase.objects.get(name="Audit")
    assert made.colour == "red"
    assert own_rules(made) == own_rules(closed)
    assert ChangeLog.objects.filter(record_type="phase", action="CREATE", record_id=str(made.pk)).exists()


def test_rules_are_taken_from_another_phase_in_the_form(admin, draft):
    closed = Phase.objects.get(name="Closed")
    page = send(admin, draft, step="copy", fields={"copy_from": str(closed.pk)})
    assert nothing_written()
    save(admin, draft, page=page)
    assert own_rules(draft) == own_rules(closed)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "A phase needs a name."),
        ({"name": "Closed"}, "There is a phase called Closed already."),
        ({"name": "closed"}, "There is a phase called Closed already."),
        ({"name": "x" * 101}, "Name: write at most 100 characters."),
        ({"position": "-1"}, "Place in the lists: write a whole number from 0 to 9999."),
        ({"colour": "pink"}, "Choose one of the colours."),
    ],
)
def test_a_phase_that_cannot_be_saved_says_why(admin, draft, fields, sentence):
    assert sentence in words_of(send(admin, draft, fields=fields), status=422)
    draft.refresh_from_db()
    assert (draft.name, draft.colour) == ("Draft", "grey")


def test_a_phase_is_removed_after_a_question(admin, draft):
    path = reverse("phase_delete", args=[draft.pk])
    assert "The record of changes keeps that it was there." in words_of(admin.get(path))
    assert admin.post(path).status_code == 302
    assert not Phase.objects.filter(name="Draft").exists()
    assert ChangeLog.objects.get(record_type="phase").action == "DELETE"


def test_a_phase_in_a_timeline_stays_and_the_terms_are_named(admin, draft, term_of):
    TimelineEntry.objects.create(term=term_of("20271"), phase=draft, starts_at=timezone.now())
    path, why = (
        reverse("phase_delete", args=[draft.pk]),
        "Draft is in the timeline of Term 20271; take it out",
    )
    page = admin.get(path)
    assert why in words_of(page)
    assert 'value="save" disabled' in page.content.decode()
    assert why in words_of(admin.post(path), status=422)
    assert Phase.objects.filter(name="Draft").exists()


def test_the_form_carries_what_it_was_made_from(admin, draft):
    seen = admin.get(path_of(draft)).context["form"].seen
    assert json.loads(seen)["field:SCHEDULER:title"] == "DEFAULT"
