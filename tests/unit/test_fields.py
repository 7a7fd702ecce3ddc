"""The catalogue: one list for everything."""

import pytest

from scheduling.domain.fields import CATALOGUE, SECTION_FIELDS, Field, Kind, Source
from scheduling.models import Section
from scheduling.selectors import FIELD_NAMES


def test_names_and_labels_are_unique():
    assert len(set(CATALOGUE.names)) == len(SECTION_FIELDS)
    assert len({field.label for field in CATALOGUE}) == len(SECTION_FIELDS)


def test_only_the_sis_keeps_crn_and_counts():
    assert {field.name for field in CATALOGUE if field.is_from_sis} == {"crn", "enrollment", "waitlisted"}


def test_what_the_sis_keeps_is_always_sis_and_never_sent():
    for field in CATALOGUE:
        if field.is_from_sis:
            assert (field.default_source, field.can_be_sent) == (Source.ALWAYS_SIS, False)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (Source.PREFER_TANDEM, {"meetings", "instructors", "capacity", "waitlist_capacity", "notes"}),
        (
            Source.ASK,
            {
                *("title", "credits", "course", "part_of_term", "campus", "status", "section_number"),
                *("schedule_type", "instruction_mode", "start_date", "end_date"),
            },
        ),
    ],
)
def test_the_default_sources_of_truth_are_those_of_the_design(source, names):
    assert {field.name for field in CATALOGUE if field.default_source is source} == names


def test_every_plain_field_is_a_column_that_can_hold_it():
    columns = {column.name: column for column in Section._meta.get_fields()}
    for field in CATALOGUE:
        if field.kind in {Kind.MEETINGS, Kind.INSTRUCTORS}:
            continue
        column = columns[field.name]
        if field.kind is Kind.TEXT and not column.is_relation:
            assert column.max_length == field.max_length, field.name


def test_every_field_is_read_by_the_selectors():
    assert set(FIELD_NAMES) | {"meetings", "instructors"} == set(CATALOGUE.names)


def test_custom_fields_join_at_the_end_and_are_found_by_name():
    own = Field(name="custom.room_wish", label="Room wish", kind=Kind.TEXT)
    joined = CATALOGUE.with_custom([own])
    assert joined.names == (*CATALOGUE.names, "custom.room_wish")
    assert joined["custom.room_wish"].is_custom
    assert "custom.room_wish" in joined
    assert "custom.room_wish" not in CATALOGUE
    with pytest.raises(KeyError):
        CATALOGUE["custom.room_wish"]
