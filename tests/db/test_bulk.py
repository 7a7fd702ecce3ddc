"""Many sections changed at once: each by the rules of a single save, together in one transaction."""

import dataclasses

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduling.domain.errors import ConfirmationNeeded, FieldLocked, InvalidValue, NotFound, StaleVersion
from scheduling.models import ChangeLog, Section
from scheduling.services.bulk import MOST_SECTIONS, NotAllEdited, edit_many, fingerprint
from scheduling.services.previewing import previewed


@pytest.fixture
def person(schedule):
    return dataclasses.replace(schedule.author(), source=ChangeLog.Source.FORM)


@pytest.fixture
def three(schedule):
    return [
        schedule.section(schedule.course("BIO")),
        schedule.section(schedule.course("CHE")),
        schedule.section(schedule.course("PHY")),
    ]


def all_with(ids, **changes):
    return dict.fromkeys(ids, changes), dict.fromkeys(ids, 1)


def titles(ids):
    return list(Section.objects.filter(pk__in=ids).order_by("pk").values_list("title", flat=True))


def test_all_are_changed_and_the_audit_tells_of_each(three, person):
    results = edit_many(*all_with(three, title="New"), author=person)
    assert [(one.section_id, one.saved.version) for one in results] == [(pk, 2) for pk in sorted(three)]
    assert titles(three) == ["New"] * 3
    assert ChangeLog.objects.filter(field="title", action="UPDATE").count() == 3


def test_who_may_not_is_told_for_each_and_the_others_are_saved(three, schedule, person):
    author = dataclasses.replace(person, user=schedule.user("SCHEDULER", departments=["BIO", "CHE"]))
    results = edit_many(*all_with(three, notes="x"), author=author)
    assert [type(one.refusal) for one in results] == [type(None), type(None), FieldLocked]
    assert list(Section.objects.order_by("pk").values_list("version", flat=True)) == [2, 2, 1]


def test_all_or_none_saves_none_where_one_is_refused(three, schedule, person):
    changes, versions = all_with(three, title="New")
    versions[three[1]] = 7
    with pytest.raises(NotAllEdited, match="1 section is refused") as refused:
        edit_many(changes, versions, author=person, is_all_or_none=True)
    assert list(refused.value.refusals) == [three[1]]
    assert titles(three) == [""] * 3


def test_a_stale_version_and_an_unknown_section_are_refused_alone(three, person):
    Section.objects.filter(pk=three[0]).update(version=4)
    results = edit_many(*all_with([*three, 10**8], title="New"), author=person)
    assert [type(one.refusal) for one in results] == [StaleVersion, type(None), type(None), NotFound]


def test_without_a_version_seen_nothing_is_saved(three, person):
    (result,) = edit_many({three[0]: {"title": "New"}}, {}, author=person)
    assert isinstance(result.refusal, StaleVersion)


def test_students_are_asked_about_once_with_their_sum(three, person):
    Section.objects.filter(pk__in=three[:2]).update(enrollment=12)
    changes, versions = all_with(three, credits="3.00")
    with pytest.raises(ConfirmationNeeded, match="24 enrolled students") as asked:
        edit_many(changes, versions, author=dataclasses.replace(person, confirmed_students=23))
    assert asked.value.students == 24
    assert set(Section.objects.values_list("version", flat=True)) == {1}
    confirmed = dataclasses.replace(person, confirmed_students=24)
    assert [one.students for one in edit_many(changes, versions, author=confirmed)] == [12, 12, 0]


def test_a_preview_says_what_the_save_does_and_writes_nothing(three, person):
    wanted = all_with(three, capacity="20")
    shown = previewed(lambda: edit_many(*wanted, author=person))
    assert set(Section.objects.values_list("version", flat=True)) == {1}
    assert edit_many(*wanted, author=person, agreed=fingerprint(wanted[0], shown)) == shown


def test_what_differs_from_the_preview_is_not_saved(three, person):
    changes, versions = all_with(three, capacity="20")
    agreed = fingerprint(changes, previewed(lambda: edit_many(changes, versions, author=person)))
    Section.objects.filter(pk=three[0]).update(version=2)
    with pytest.raises(StaleVersion, match="not what you were shown"):
        edit_many(changes, versions, author=person, agreed=agreed)
    assert not Section.objects.filter(capacity=20).exists()


def test_there_is_an_end_to_how_many(person):
    with pytest.raises(InvalidValue, match="501 sections are too many"):
        edit_many(*all_with(range(1, MOST_SECTIONS + 2), title="x"), author=person)


def test_the_queries_grow_with_the_sections_and_no_faster(schedule, person):
    def queries(count):
        ids = [schedule.section() for _each in range(count)]
        with CaptureQueriesContext(connection) as captured:
            edit_many(*all_with(ids, title="New"), author=person)
        return len(captured)

    one, two, six = queries(1), queries(2), queries(6)
    assert six - two == 4 * (two - one)


def test_who_is_to_teach_is_locked_before_the_first_section_is_saved(schedule, person):
    made = schedule.section()
    schedule.instructor("I7")
    with CaptureQueriesContext(connection) as captured:
        edit_many({made: {"instructors": [{"instructor": "I7"}]}}, {made: 1}, author=person)
    asked = [one["sql"] for one in captured]
    first_write = next(at for at, sql in enumerate(asked) if sql.startswith('UPDATE "scheduling_section"'))
    assert any("'I7'" in sql and "FOR NO KEY UPDATE" in sql for sql in asked[:first_write])


def test_two_at_once_that_want_the_same_rooms_wait_for_one_another(shared_schedule, together):
    made, rooms = shared_schedule, ("101", "102")
    for number in rooms:
        made.room(number)
    pks = [made.section() for _number in range(4)]

    def moving(pairs, days):
        wanted = {
            pk: {
                "meetings": [
                    {
                        "days": days,
                        "start_time": "08:00",
                        "end_time": "08:50",
                        "building": "HAL",
                        "room": room,
                    }
                ]
            }
            for pk, room in pairs
        }
        return lambda: edit_many(wanted, dict.fromkeys(wanted, 1), author=made.author())

    one, other = (
        moving(zip(pks[:2], rooms, strict=True), "M"),
        moving(zip(pks[2:], rooms[::-1], strict=True), "T"),
    )
    assert together(one, other) == [None, None]
    assert set(Section.objects.filter(pk__in=pks).values_list("version", flat=True)) == {2}
