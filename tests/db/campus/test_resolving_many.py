"""Many conflicts settled from a page: each by itself, as they were seen, in the person's name."""

import pytest
from django.utils import timezone

from integration.conflict_pages import stamp_of
from integration.models import Conflict
from integration.resolving import CannotSettle, Choice, NotOpen
from integration.resolving_many import AT_ONCE, Asked, Renewed, open_desk, why_over
from scheduling.models import ChangeLog

OURS, THEIRS = Choice.OURS, Choice.THEIRS
SIDES = {OURS: "Mine", THEIRS: "Theirs"}


@pytest.fixture
def campus(campus, settings):
    settings.SIS_URL = campus.url
    campus.enable()
    return campus


@pytest.fixture
def desk(campus):
    with open_desk(actor=campus.registrar, now=timezone.now()) as desk:
        yield desk


def disputed(campus, *sis_ids):
    for sis_id in sis_ids:
        campus.edit(sis_id, title="Mine")
        campus.adapter.edit(sis_id, title="Theirs")
    campus.merge(sends=True)
    return list(Conflict.objects.filter(status="OPEN").select_related("link").order_by("id"))


def removed_with_students(campus, sis_id):
    campus.delete(sis_id)
    campus.adapter.edit(sis_id, enrollment="3")
    campus.merge(sends=True)
    return Conflict.objects.select_related("link").get(kind="ENROLLED")


def asked(conflicts):
    return [Asked(conflict_id=one.pk, stamp=stamp_of(one)) for one in conflicts]


@pytest.mark.parametrize("choice", [OURS, THEIRS])
def test_all_that_were_asked_for_are_settled_and_both_sides_converge(campus, desk, choice):
    result = desk.settle_many(asked(disputed(campus, "S1", "S2", "S3")), choice)
    assert len(result.done) == 3
    assert [result.over, result.changed, result.impossible] == [[], [], []]
    campus.assert_settled()
    for sis_id in ("S1", "S2", "S3"):
        assert campus.section(sis_id).title == campus.in_sis(sis_id)["title"] == SIDES[choice]


def test_every_one_is_audited_as_done_on_a_page_by_the_person(campus, desk):
    conflicts = disputed(campus, "S1", "S2")
    desk.settle_many(asked(conflicts), THEIRS)
    for one in conflicts:
        row = campus.audit_of(one)
        assert (row.actor, row.source) == (campus.registrar, ChangeLog.Source.FORM)


def test_one_that_is_over_stops_no_other_and_says_who_was_quicker(campus, desk):
    first, second, third = disputed(campus, "S1", "S2", "S3")
    campus.resolve(second, OURS)
    result = desk.settle_many(asked([first, second, third]), THEIRS)
    assert [one.pk for one in result.done] == [first.pk, third.pk]
    [sentence] = result.over
    assert "settled already by kim on 12 Jan 2027, 17:00" in sentence
    assert campus.section("S2").title == "Mine"


def test_one_that_settled_by_itself_says_so(campus, desk):
    [one] = disputed(campus, "S1")
    campus.adapter.edit("S1", title="Mine")
    campus.merge(sends=True)
    result = desk.settle_many(asked([one]), THEIRS)
    assert "it settled by itself" in result.over[0]


def test_one_that_a_merge_renewed_is_left_as_it_is(campus, desk):
    [one] = seen = disputed(campus, "S1")
    given = asked(seen)
    campus.adapter.edit("S1", title="Newer")
    campus.merge(sends=True)
    result = desk.settle_many(given, THEIRS)
    assert not result.done
    assert "has changed since you looked" in result.changed[0]
    one.refresh_from_db()
    assert (one.status, one.theirs) == ("OPEN", "Newer")
    assert campus.section("S1").title == "Mine"
    assert not ChangeLog.objects.filter(record_type="conflict").exists()


def test_a_section_that_was_edited_here_since_stops_no_other(campus, desk):
    first, second = disputed(campus, "S1", "S2")
    campus.edit("S1", title="Newer")
    result = desk.settle_many(asked([first, second]), THEIRS)
    assert [one.pk for one in result.done] == [second.pk]
    assert "changed here since" in result.over[0]
    assert campus.section("S1").title == "Newer"


def test_one_that_cannot_be_settled_so_says_why(campus, desk):
    first = disputed(campus, "S1")[0]
    enrolled = removed_with_students(campus, "S4")
    result = desk.settle_many(asked([first, enrolled]), OURS)
    assert [one.pk for one in result.done] == [first.pk]
    assert "never removed from here" in result.impossible[0]


def test_no_more_than_fit_a_request_are_settled_at_once(campus, desk):
    conflicts = disputed(campus, "S1")
    padded = [Asked(conflict_id=0, stamp=str(number)) for number in range(AT_ONCE)]
    result = desk.settle_many([*padded, *asked(conflicts)], OURS)
    assert not result.done
    assert Conflict.objects.filter(status="OPEN").count() == 1


def test_a_conflict_whose_record_is_gone_is_over(campus, desk):
    with pytest.raises(NotOpen, match="gone"):
        desk.settle(Asked(conflict_id=4711, stamp=""), OURS)


def test_a_wrong_stamp_takes_everything_back(campus, desk):
    [one] = disputed(campus, "S1")
    with pytest.raises(Renewed):
        desk.settle(Asked(conflict_id=one.pk, stamp="another"), THEIRS)
    one.refresh_from_db()
    assert one.status == "OPEN"
    assert campus.section("S1").title == "Mine"
    assert why_over(one.pk) == ""


def test_a_choice_that_is_not_possible_is_raised_for_a_single_one(campus, desk):
    enrolled = removed_with_students(campus, "S4")
    with pytest.raises(CannotSettle, match="Students are enrolled"):
        desk.settle(asked([enrolled])[0], OURS)


def test_a_form_s_words_for_a_conflict_are_read_back():
    assert Asked.read("12:abc") == Asked(conflict_id=12, stamp="abc")
    with pytest.raises(ValueError, match="invalid literal"):
        Asked.read("twelve:abc")
