"""Saves that happen at the same moment, and saves that are taken back."""

import pytest
from django.db import transaction

from scheduling.models import ChangeLog, Relationship, Section
from scheduling.services import relationships, sections


def edit(schedule, pk, version=None, **changes):
    return lambda: sections.update_section(pk, changes, author=schedule.author(), version=version)


def names(outcomes):
    return sorted(type(one).__name__ for one in outcomes)


def test_of_two_saves_of_one_version_one_is_told_it_is_stale(shared_schedule, together):
    pk = shared_schedule.section()
    outcomes = together(*(edit(shared_schedule, pk, 1, title=title) for title in ("Cells", "Genes")))
    assert names(outcomes) == ["NoneType", "StaleVersion"]
    assert Section.objects.get(pk=pk).version == 2


def test_two_saves_that_name_no_version_both_count(shared_schedule, together):
    pk = shared_schedule.section()
    assert together(edit(shared_schedule, pk, title="x"), edit(shared_schedule, pk, notes="y")) == [None] * 2
    assert Section.objects.filter(version=3, title="x", notes="y").exists()


def test_of_two_sections_that_take_one_room_one_is_refused(shared_schedule, mwf, together):
    shared_schedule.room()
    pair = [shared_schedule.section() for _ in range(2)]
    assert names(together(*(edit(shared_schedule, pk, meetings=[mwf]) for pk in pair))) == [
        "CheckFailed",
        "NoneType",
    ]


def test_of_two_sections_that_take_one_instructor_one_is_refused(shared_schedule, mwf, together):
    shared_schedule.instructor()
    pair = [shared_schedule.section(meetings=[{**mwf, "building": "", "room": ""}]) for _ in range(2)]
    team = [{"instructor": "I1"}]
    assert names(together(*(edit(shared_schedule, pk, instructors=team) for pk in pair))) == [
        "CheckFailed",
        "NoneType",
    ]


def test_of_two_sections_that_take_one_number_one_is_refused(shared_schedule, together):
    pair = [shared_schedule.section() for _ in range(2)]
    outcomes = together(*(edit(shared_schedule, pk, section_number="77") for pk in pair))
    assert names(outcomes) == ["NoneType", "NumberTaken"]


def test_saves_regroupings_and_removals_of_the_same_sections_never_block_each_other_for_good(
    shared_schedule, mwf, together
):
    shared_schedule.room()
    author = shared_schedule.author()
    for _round in range(4):
        first, second, third = (shared_schedule.section() for _ in range(3))
        group = shared_schedule.crosslist(first, second, third)
        together(
            lambda pk=first: sections.delete_section(pk, author=author),
            lambda pk=second: sections.delete_section(pk, author=author),
            lambda pk=group: relationships.dissolve_relationship(pk, author=author),
            edit(shared_schedule, second, meetings=[mwf]),
            edit(shared_schedule, third, meetings=[mwf], section_number="9"),
        )
        sections.cancel_section(third, author=author)
        assert not Relationship.objects.exists()


def test_an_outer_transaction_takes_everything_back(schedule):
    pk = schedule.section()

    def save_and_fail():
        with transaction.atomic():
            edit(schedule, pk, title="x")()
            raise OSError("no room left")

    with pytest.raises(OSError, match="no room left"):
        save_and_fail()
    assert Section.objects.get(pk=pk).version == 1
    assert ChangeLog.objects.filter(record_type="section").count() == 1
