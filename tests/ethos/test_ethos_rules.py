"""What the SIS is known to refuse is told before saving: it refuses that, and takes what is let through."""

import re
from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integration.models import OutboundChange
from integration.sis.port import MergeType, SisRejected
from scheduling.domain.checks import Check, CheckFailed
from scheduling.domain.fields import CATALOGUE
from scheduling.models import ApiToken, Section, Term
from scheduling.selectors import values_of_sections
from scheduling.services import foresight, sections
from scheduling.services.bulk import edit_many
from scheduling.services.edits import apply_edits
from scheduling.services.section_values import read_changes
from tests.campus import TERM
from tests.ethos.http_campus import USUAL
from tests.section_form import form_of

LONG = "Thirty-one characters are a lot"
WHOLE = [{"instructor": "I1", "percent": 33.33}, {"instructor": "I2", "percent": 66.66}]
NOT_WHOLE = [{"instructor": "I1", "percent": 60}, {"instructor": "I2", "percent": 30}]
MEETING = {"days": "F", "start_time": "07:00", "end_time": "07:50"}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`bad` is refused for `field` of the section `of`; `good`, the next best, is taken of S1.

    `body`: what the SIS itself refuses, where our adapter does not even send what is bad.
    """

    field: str
    bad: dict
    good: dict = field(default_factory=lambda: {"notes": "Fine"})
    of: str = "S1"
    body: dict | None = None


def rule(name, bad, **more):
    return pytest.param(Rule(field=name, bad=bad, **more), id=f"{name} {next(iter(bad.values()))!s:.20}")


EVERYWHERE = [
    rule("title", {"title": ""}, body={"titles": []}),
    rule("schedule_type", {"schedule_type": ""}, body={"instructionalMethods": []}),
    rule("start_date", {"start_date": ""}),
    rule("start_date", {"start_date": "2027-01-31"}, good={"start_date": "2027-02-01"}),
    rule(
        "start_date",
        {"start_date": "2027-05-29", "end_date": "2027-06-02"},
        good={"start_date": "2027-05-28", "end_date": "2027-06-02"},
    ),
]
BANNERS = [
    rule("title", {"title": LONG}, good={"title": LONG[:30]}),
    rule("campus", {"campus": ""}),
    rule("part_of_term", {"part_of_term": ""}, good={"part_of_term": "2"}),
    rule("part_of_term", {"part_of_term": "2"}, of="S2", good={"part_of_term": "2"}),
    rule("schedule_type", {"schedule_type": "LAB"}, of="S2", good={"schedule_type": "LAB"}),
]


def canonical(college, sis_id, changes):
    pk = college.id_of(sis_id)
    before = values_of_sections([pk])[pk].values
    return read_changes(changes, fields=CATALOGUE, term=Term.objects.get(pk=TERM), before=before)


def send(college, sis_id, changes):
    """The write that a save of `changes` would come to, as the adapter makes it."""
    section = Section.objects.get(pk=college.id_of(sis_id))
    values = values_of_sections([section.pk])[section.pk].values
    with college.adapter.writing(term=TERM, run="1", now=timezone.now()) as writer:
        writer.update(
            MergeType.SECTIONS,
            section.sis_id,
            changes,
            values={**values, **changes},
            token="",
            client_ref="",
        )


def refusals(college):
    return [one for one in college.sis.journal if not one["took_effect"]]


def assert_refused_here_and_there(college, wanted):
    with pytest.raises(CheckFailed, match=r"^The SIS will refuse this: ") as failed:
        college.edit(wanted.of, **wanted.bad)
    assert [(one.code, one.field) for one in failed.value.introduced] == [
        (Check.SIS_WILL_REFUSE, wanted.field)
    ]
    changes = canonical(college, wanted.of, wanted.bad)
    with pytest.raises(SisRejected):
        send(college, wanted.of, changes)
    if wanted.body is not None:
        guid = Section.objects.get(pk=college.id_of(wanted.of)).sis_id
        with pytest.raises(SisRejected):
            college.adapter.client.write("PUT", "sections", guid, wanted.body)
    assert len(refusals(college)) == 1
    assert college.written() == []


def assert_taken(college, sis_id, **good):
    college.edit(sis_id, **good)
    assert college.run("sections", "--send-updates").exit_code == 0
    assert not OutboundChange.objects.exclude(state="DONE").exists()


def assert_told_before_and_the_rest_taken(college, wanted):
    assert_refused_here_and_there(college, wanted)
    college.sis.journal.clear()
    assert_taken(college, "S1", **wanted.good)
    assert refusals(college) == []


@pytest.mark.parametrize("wanted", EVERYWHERE)
def test_what_every_site_refuses_is_told_before_and_what_is_let_through_is_taken(college, wanted):
    assert_told_before_and_the_rest_taken(college, wanted)


@pytest.mark.parametrize("profile", ["banner"], indirect=True)
@pytest.mark.parametrize("wanted", BANNERS)
def test_what_banner_refuses_is_told_before_and_what_is_let_through_is_taken(college, wanted):
    assert_told_before_and_the_rest_taken(college, wanted)


@pytest.mark.parametrize("profile", ["colleague"], indirect=True)
@pytest.mark.parametrize("wanted", BANNERS)
def test_what_only_banner_refuses_colleague_takes(college, wanted):
    assert_taken(college, wanted.of, **wanted.bad)
    assert refusals(college) == []


def test_shares_that_are_not_whole_are_told_and_never_sent(college):
    """The SIS gets assignments one by one and cannot see it; our adapter refuses the whole team."""
    with pytest.raises(CheckFailed, match="the instructors' shares add up to 90 %, not 100"):
        college.edit("S3", instructors=NOT_WHOLE)
    with pytest.raises(SisRejected) as refused:
        send(college, "S3", canonical(college, "S3", {"instructors": NOT_WHOLE}))
    assert refused.value.field == "instructors"
    assert college.sis.journal == []
    assert_taken(college, "S3", instructors=WHOLE)


def test_a_meeting_without_a_last_date_is_told_and_never_sent(college):
    """The SIS would take it without its days and times, so our adapter refuses it."""
    Section.objects.filter(pk=college.id_of("S3")).update(end_date=None)
    with pytest.raises(CheckFailed, match="the meeting F 7:00–7:50 am has no first or no last date"):
        college.edit("S3", meetings=[MEETING])
    with pytest.raises(SisRejected) as refused:
        send(college, "S3", canonical(college, "S3", {"meetings": [MEETING]}))
    assert refused.value.field == "meetings"
    assert college.sis.journal == []


def test_a_crosslist_without_a_primary_is_told_before_and_refused_by_the_sis(college):
    group = college.group_here()
    members = list(group.members.values_list("section", flat=True))
    with pytest.raises(CheckFailed, match="The SIS will refuse this: a crosslist needs one primary section"):
        college.regroup(group, primary=None)
    sections_there = [
        {"section": {"id": one}, "type": "secondary"}
        for one in Section.objects.filter(pk__in=members).values_list("sis_id", flat=True)
    ]
    with pytest.raises(SisRejected):
        college.adapter.client.write("PUT", "section-crosslists", group.sis_id, {"sections": sections_there})
    assert len(refusals(college)) == 1
    college.regroup(group, primary=members[1])
    assert college.run("relationships", "--send-updates").exit_code == 0
    college.enable(send=False, real_time=False)
    college.regroup(group, primary=None)


@pytest.mark.parametrize("profile", ["banner"], indirect=True)
def test_a_new_section_may_be_incomplete_and_the_sis_waits_for_the_rest(college):
    saved = sections.create_section(
        TERM,
        {"course": "BIO-101", "section_number": "Z", **USUAL, "campus": "", "title": ""},
        author=college.author(),
    )
    assert [(one.severity, one.field, one.message) for one in saved.findings] == [
        ("WARNING", name, f"The SIS takes no section without {label}; fill it in, or it stays only here.")
        for name, label in (("campus", "Campus"), ("title", "Title"))
    ]
    (found,) = college.edit(saved.section_id, title="Cells").findings
    assert found.field == "campus"
    college.run("sections", "--send-updates")
    row = OutboundChange.objects.get(link__section=saved.section_id)
    assert (row.state, row.error_field) == ("PARKED", "campus")
    assert_taken(college, saved.section_id, campus="MAIN")


@pytest.mark.parametrize("profile", ["banner"], indirect=True)
def test_a_new_section_that_is_wrong_is_refused(college):
    with pytest.raises(CheckFailed, match="Title may have 30 characters there and has 31; shorten it"):
        college.create("Z", course="BIO-101", **USUAL | {"title": LONG})


@pytest.mark.parametrize("profile", ["banner"], indirect=True)
class TestWhereItIsTold:
    SENTENCE = "The SIS will refuse this: Title may have 30 characters there and has 31; shorten it."

    def test_beside_the_field_of_the_editor_when_it_is_saved(self, college, client):
        client.force_login(college.registrar)
        path = reverse("section_edit", args=[college.id_of("S1")])
        form = form_of(client.get(path).content.decode()) | {"value.title": LONG}
        answer = client.post(path, form)
        page = answer.content.decode()
        assert answer.status_code == 422
        (mark,) = re.findall(
            r'name="value.title"[^>]*aria-invalid="true"[^>]*aria-describedby="([^"]*)"', page
        )
        (errors,) = re.findall(rf'id="{mark.split()[-1]}">(.*?)</ul>', page)
        assert errors == f"<li>{self.SENTENCE}</li>"
        assert Section.objects.get(pk=college.id_of("S1")).title == "Title of S1"

    def test_in_the_preview_while_it_is_typed(self, college, client):
        client.force_login(college.registrar)
        path = reverse("section_edit", args=[college.id_of("S1")])
        form = form_of(client.get(path).content.decode()) | {"value.title": LONG, "do": "check"}
        page = client.post(path, form, HTTP_HX_REQUEST="true").content.decode()
        assert f"<b>Cannot be saved:</b> {self.SENTENCE}" in page

    def test_by_the_api(self, college, client):
        headers = {"Authorization": f"Bearer {ApiToken.issue(college.registrar)}", "If-Match": '"1"'}
        path = f"/api/v1/sections/{college.id_of('S1')}/"
        answer = client.patch(path, {"title": LONG}, "application/json", headers=headers)
        assert answer.status_code == 409, answer.content
        body = answer.json()
        assert (body["code"], body["field"], body["message"]) == ("CHECK_FAILED", "title", self.SENTENCE)

    def test_in_a_bulk_edit_for_each_section_by_itself(self, college):
        ids = [college.id_of(one) for one in ("S1", "S3")]
        changes = {ids[0]: {"title": LONG}, ids[1]: {"title": "Short"}}
        found = edit_many(changes, dict.fromkeys(ids, 1), author=college.author())
        assert [one.refusal and one.refusal.message for one in found] == [self.SENTENCE, None]

    def test_for_a_line_of_edits(self, college):
        line = b'{"op": "update", "section": "S1", "set": {"title": "%s"}}' % LONG.encode()
        (result,) = apply_edits([line], term=Term.objects.get(pk=TERM), author=college.author)
        assert (result["ok"], result["field"], result["message"]) == (False, "title", self.SENTENCE)


@pytest.mark.parametrize("profile", ["banner"], indirect=True)
class TestWhatIsNotTold:
    def test_where_nothing_is_sent(self, college):
        college.enable(send=False, real_time=False)
        assert college.edit("S1", title=LONG, campus="").findings == ()

    def test_of_a_field_that_is_not_sent(self, college):
        names = tuple(one for one in CATALOGUE.names if one != "title" and CATALOGUE[one].can_be_sent)
        college.settings(sections={"sent_fields": names})
        assert college.edit("S1", title=LONG).findings == ()

    def test_of_what_a_save_leaves_as_it_is(self, college):
        Section.objects.filter(pk=college.id_of("S1")).update(title=LONG)
        assert college.edit("S1", notes="Bring a ruler").findings == ()

    def test_of_a_section_that_is_cancelled(self, college):
        Section.objects.filter(pk=college.id_of("S3")).update(status="CANCELLED")
        assert college.edit("S3", title=LONG).changed == ("title",)

    def test_when_a_change_that_the_sis_will_refuse_is_taken_back(self, college):
        """It was changed before students came; the SIS holds what it is changed back to."""
        college.enable(send=False, real_time=False)
        college.edit("S2", part_of_term="2")
        college.enable()
        assert college.edit("S2", part_of_term="1").changed == ("part_of_term",)

    def test_what_was_wrong_before_does_not_stop_who_makes_it_less_wrong(self, college):
        Section.objects.filter(pk=college.id_of("S1")).update(title=LONG * 2)
        (found,) = college.edit("S1", title=LONG).findings
        assert (found.code, found.severity) == (Check.SIS_WILL_REFUSE, "ERROR")


@pytest.mark.parametrize("profile", ["banner"], indirect=True)
class TestWhatItCosts:
    @staticmethod
    def queries(college, changes):
        ids = [college.id_of(one) for one in changes]
        with CaptureQueriesContext(connection) as captured:
            edit_many(
                dict(zip(ids, changes.values(), strict=True)),
                dict.fromkeys(ids, 1),
                author=college.author(),
            )
        return len(captured)

    def test_nothing_where_no_rule_is_broken(self, college, monkeypatch):
        told = self.queries(college, {"S1": {"title": "Short"}})
        monkeypatch.setattr(foresight, "_registered", [])
        assert self.queries(college, {"S3": {"title": "Short"}}) == told

    def test_no_more_for_many_sections_than_for_one(self, college):
        one = self.queries(college, {"S1": {"part_of_term": ""}})
        assert self.queries(college, {sis_id: {"part_of_term": ""} for sis_id in ("S2", "S5")}) == one
