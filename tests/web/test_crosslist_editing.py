"""Groups made, changed, aligned and dissolved by forms: what is saved, refused in words, and never lost."""

import pytest
from django.urls import reverse

from phases.rules import Grant
from scheduling.models import ChangeLog, Relationship, Section
from scheduling.selectors import values_of_relationships, values_of_sections
from scheduling.services.relationships import dissolve_relationship, update_relationship
from scheduling.services.sections import update_section
from tests.campus import TERM
from tests.web.test_crosslist_list import words_of

NEW = reverse("crosslist_new", args=[TERM])
STRANGE = ["\x00", "9" * 400, "-1", "'\"<b>", "%", "1,2;3", "new-0", "new-9", ""]


def path(group):
    return reverse("crosslist", args=[group if isinstance(group, int) else group.pk])


def state(group):
    return values_of_relationships([group.pk])[group.pk]


def form(group, **changes):
    """The form of a group as its page has it, with changes."""
    held = state(group)
    primary = next((pk for pk, is_primary in held.members if is_primary), "")
    given = {
        "step": "save",
        "version": held.version,
        "member": [pk for pk, _primary in held.members],
        "primary": primary,
        "capacity": "" if held.capacity is None else held.capacity,
        "add": ["", "", ""],
    }
    return given | changes


def give(client, permission):
    """The role of the person gets a permission in all departments."""
    role = client.user.role_assignments.get().role
    role.permissions.update_or_create(permission=permission, defaults={"grant": Grant.ALLOW})


def refused(answer, status=422):
    assert answer.status_code == status
    answer.status_code = 200
    return words_of(answer)


class TestMaking:
    def test_a_group_of_two_codes_and_a_crn(self, campus, registrar):
        dissolve_relationship(campus.group().pk, author=campus.author())
        Section.objects.filter(sis_id="S4").update(crn="4004")
        sent = {"add": ["BIO 101 A", "che-202-a, 4004"], "primary": "new-1", "capacity": "60"}
        answer = registrar.post(NEW, {**sent, "kind": "CROSSLIST"})
        made = Relationship.objects.get(sis_id=None)
        assert answer.headers["Location"] == path(made)
        ids = {name: campus.id_of(name) for name in ("S1", "S3", "S4")}
        assert state(made).members == tuple((pk, name == "S3") for name, pk in ids.items())
        assert state(made).capacity == 60
        row = ChangeLog.objects.get(record_type="relationship", record_id=str(made.pk))
        assert (row.source, row.actor) == ("FORM", registrar.user)

    def test_from_a_section_s_page_it_is_the_primary(self, campus, registrar):
        pk = campus.id_of("S1")
        section = registrar.get(reverse("section", args=[pk])).content.decode()
        assert f'href="{NEW}?with={pk}"' in section
        page = registrar.get(f"{NEW}?with={pk}").content.decode()
        assert f'name="member" value="{pk}" checked' in page
        assert f'name="primary" value="{pk}" checked' in page

    def test_sections_at_the_same_time_are_suggested(self, campus, registrar):
        meeting = {"days": "MWF", "start_time": "09:00", "end_time": "09:50"}
        campus.create("Z", "C2", meetings=[meeting])
        page = registrar.get(f"{NEW}?with={campus.id_of('S1')}").content.decode()
        assert '<option value="CHE-202-Z">New · MWF 9:00–9:50 am</option>' in page
        assert '<option value="CHE-202-A">' not in page

    @pytest.mark.parametrize(
        ("sent", "says"),
        [
            ({"add": ["BIO-101-A"]}, "needs two sections or more"),
            ({"add": ["BIO-101-A", "NO-1-A"]}, "There is no section “NO-1-A” in Spring 2027"),
            ({"add": ["BIO-101-A", "CHE-202-A"]}, "CHE 202 A is in another crosslist already"),
            ({"add": ["BIO-101-A", "BIO-101-B"], "capacity": "many"}, "must be a whole number"),
            ({"add": ["BIO-101-A", "BIO-101-B"], "primary": "999"}, "primary section is not a member"),
        ],
    )
    def test_what_cannot_be_is_said_and_what_was_typed_stays(self, registrar, sent, says):
        answer = registrar.post(NEW, {"kind": "CROSSLIST", "primary": "new-0", **sent})
        assert says in refused(answer)
        assert 'name="add" value="BIO-101-A"' in answer.content.decode()
        assert Relationship.objects.count() == 1

    @pytest.mark.parametrize(
        ("kind", "status"), [("anonymous", 302), ("no role", 403), ("viewer", 403), ("scheduler", 200)]
    )
    def test_who_may_make_one(self, campus, person, kind, status):
        client = person(kind)
        assert client.get(NEW).status_code == status
        assert client.post(NEW, {"add": ["BIO-101-A"]}).status_code == (422 if status == 200 else status)

    def test_a_section_of_another_department_is_not_added(self, campus, person):
        Section.objects.filter(section_number="B").update(section_number="Q")
        scheduler = person("scheduler")
        answer = scheduler.post(NEW, {"add": ["BIO-101-A", "CHE-202-Q"], "kind": "LINKED"})
        said = refused(answer)
        assert "no section “CHE-202-Q”" in said
        assert "who schedules for both" in said
        sneaked = {"member": [campus.id_of("S1"), campus.id_of("S3")], "kind": "LINKED"}
        answer = scheduler.post(NEW, sneaked)
        assert "needs two sections" in refused(answer)
        assert "CHE 202" not in answer.content.decode()

    def test_who_sees_all_is_told_whose_section_it_is(self, campus, person):
        scheduler = person("scheduler")
        give(scheduler, "view_sections")
        answer = scheduler.post(NEW, {"add": ["BIO-101-A", "CHE-202-A"], "kind": "LINKED"})
        assert "You may not edit relationships in CHE" in refused(answer)


class TestChanging:
    def test_members_primary_and_capacity_at_once(self, campus, registrar):
        group = campus.group()
        s1, s3, s4 = (campus.id_of(one) for one in ("S1", "S3", "S4"))
        sent = form(group, member=[s4], add=["BIO-101-A"], primary="new-0", capacity="45")
        answer = registrar.post(path(group), sent, follow=True)
        assert "Saved." in words_of(answer)
        assert state(group).members == ((s1, True), (s4, False))
        assert (state(group).capacity, state(group).version) == (45, 2)
        assert s3 not in dict(state(group).members)

    def test_a_form_sent_back_untouched_saves_nothing(self, campus, registrar):
        group = campus.group()
        assert "Nothing was changed" in words_of(registrar.post(path(group), form(group), follow=True))
        assert state(group).version == 1

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"member": [], "primary": ""}, "needs two sections or more"),
            ({"add": ["NO-1-A"]}, "There is no section “NO-1-A”"),
            ({"capacity": "-4"}, "must be 0 or more"),
            ({"primary": "999"}, "primary section is not a member"),
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_is_saved(self, campus, registrar, changes, says):
        group = campus.group()
        assert says in refused(registrar.post(path(group), form(group, **changes)))
        assert state(group).version == 1

    def test_what_others_saved_meanwhile_is_shown_and_mine_is_on_top(self, campus, registrar):
        group = campus.group()
        s1, s3, s4 = (campus.id_of(one) for one in ("S1", "S3", "S4"))
        mine = form(group, capacity="45")
        update_relationship(group.pk, members=[s1, s3, s4], capacity=70, author=campus.author())
        answer = registrar.post(path(group), mine)
        said = refused(answer, 409)
        assert "kim saved this group while you worked" in said
        assert "Combined capacity Before 60 Saved meanwhile 70 Yours 45" in said
        page = answer.content.decode()
        for pk in (s1, s3, s4):  # the section that they added stays
            assert f'name="member" value="{pk}" checked' in page
        assert 'name="capacity" value="45"' in page
        assert state(group).capacity == 70
        again = form(group, capacity="45", member=[s1, s3, s4])
        assert registrar.post(path(group), again).status_code == 302
        assert (state(group).capacity, len(state(group).members)) == (45, 3)

    def test_a_locked_part_is_left_as_it_is(self, campus, registrar):
        campus.settings(relationships={"sources": {"members": "ALWAYS_SIS"}})
        group = campus.group()
        sent = {"step": "save", "version": 1, "capacity": "45"}
        assert registrar.post(path(group), sent).status_code == 302
        assert state(group).capacity == 45
        assert len(state(group).members) == 2

    @pytest.mark.parametrize("step", ["save", "align", "align_save", "dissolve", "dissolve_save"])
    def test_who_may_not_is_refused_with_the_reason(self, campus, mixed, person, step):
        for kind in ("viewer", "scheduler"):
            answer = person(kind).post(path(mixed), form(mixed, step=step, capacity="1"))
            assert answer.status_code == 403
            assert "You may not edit relationships" in answer.content.decode()
        assert state(mixed).version == 1

    def test_a_member_that_one_does_not_see_closes_the_group(self, campus, mixed, person):
        scheduler = person("scheduler")
        give(scheduler, "edit_relationships")
        answer = scheduler.post(path(mixed), form(mixed, capacity="1"))
        assert answer.status_code == 403
        assert "which you do not see" in answer.content.decode()
        assert state(mixed).version == 1


class TestAligning:
    def test_it_is_shown_first_and_then_done(self, campus, mixed, registrar):
        new = next(pk for pk, is_primary in state(mixed).members if not is_primary)
        sent = {"step": "align", "field": ["meetings", "instructors"]}
        answer = registrar.post(path(mixed), sent)
        said = words_of(answer)
        assert "CHE 202 N Meetings — MWF 9:00–9:50 am · HAL 101" in said
        assert "CHE 202 N Instructors — Ada Yonath" in said
        assert "Change 1 section" in said
        assert values_of_sections([new])[new].values["meetings"] == ()
        seen = [f"{pk}:1" for pk, _primary in state(mixed).members]
        done = registrar.post(path(mixed), {**sent, "step": "align_save", "seen": seen}, follow=True)
        assert "Changed 1 section; all are like the primary now." in words_of(done)
        assert len(values_of_sections([new])[new].values["meetings"]) == 1
        assert ChangeLog.objects.filter(record_id=str(new), source="FORM").count() == 2

    def test_students_are_asked_about_and_confirmed(self, campus, mixed, registrar):
        new = next(pk for pk, is_primary in state(mixed).members if not is_primary)
        Section.objects.filter(pk=new).update(enrollment=17)
        seen = [f"{pk}:1" for pk, _primary in state(mixed).members]
        sent = {"step": "align_save", "field": ["meetings"], "seen": seen}
        said = words_of(registrar.post(path(mixed), sent))
        assert "17 enrolled students will be touched" in said
        assert values_of_sections([new])[new].values["meetings"] == ()
        registrar.post(path(mixed), {**sent, "confirmed_students": "17"})
        assert len(values_of_sections([new])[new].values["meetings"]) == 1

    def test_what_one_member_refuses_is_told_by_its_name(self, campus, mixed, registrar):
        Section.objects.filter(section_number="N").update(sis_id="N")
        campus.settings(sections={"overrides": {"N": {"meetings": "ALWAYS_SIS"}}})
        answer = registrar.post(path(mixed), {"step": "align", "field": ["meetings"]})
        assert "CHE 202 N cannot be changed: " in words_of(answer)
        assert "align_save" not in answer.content.decode()
        seen = [f"{pk}:1" for pk, _primary in state(mixed).members]
        sent = {"step": "align_save", "field": ["meetings"], "seen": seen}
        assert registrar.post(path(mixed), sent).status_code == 422

    def test_a_member_saved_meanwhile_is_not_overwritten(self, campus, mixed, registrar):
        seen = [f"{pk}:1" for pk, _primary in state(mixed).members]
        update_section(campus.id_of("S1"), {"title": "x"}, author=campus.author())
        sent = {"step": "align_save", "field": ["meetings"], "seen": seen}
        answer = registrar.post(path(mixed), sent)
        assert "was changed meanwhile" in refused(answer, 409)

    def test_nothing_ticked_is_said(self, mixed, registrar):
        assert "Tick what is to be made the same." in words_of(registrar.post(path(mixed), {"step": "align"}))

    def test_without_a_primary_it_is_said(self, campus, mixed, registrar):
        update_relationship(mixed.pk, primary=None, author=campus.author())
        assert "Choose a primary section below" in words_of(registrar.get(path(mixed)))
        answer = registrar.post(path(mixed), {"step": "align", "field": ["meetings"]})
        assert "no crosslist with a primary" in words_of(answer)


class TestDissolving:
    def test_it_is_asked_with_the_members_and_then_done(self, campus, registrar):
        group = campus.group()
        asked = words_of(registrar.post(path(group), {"step": "dissolve"}))
        assert "CHE 202 A · Title of S3" in asked
        assert "CHE 202 B" in asked
        done = registrar.post(path(group), {"step": "dissolve_save", "version": 1}, follow=True)
        assert "Crosslist of CHE 202 A, CHE 202 B is dissolved" in words_of(done)
        assert not Relationship.objects.exists()

    def test_what_changed_meanwhile_is_not_dissolved(self, campus, registrar):
        group = campus.group()
        update_relationship(group.pk, capacity=1, author=campus.author())
        answer = registrar.post(path(group), {"step": "dissolve_save", "version": 1})
        assert "was changed meanwhile" in refused(answer, 409)
        assert Relationship.objects.count() == 1


@pytest.mark.parametrize("strange", STRANGE)
def test_strange_forms_are_answered(campus, registrar, strange):
    names = ("member", "primary", "add", "capacity", "version", "field", "seen", "confirmed_students", "kind")
    for step in ("save", "align", "align_save", "dissolve", "dissolve_save", strange):
        for where in (path(campus.group()), NEW):
            sent = dict.fromkeys(names, strange) | {"step": step}
            assert registrar.post(where, sent).status_code in {200, 302, 409, 422}, (step, where)
    assert registrar.get(NEW, {"with": strange}).status_code == 200
    assert Relationship.objects.count() == 1
