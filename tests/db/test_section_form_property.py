"""The form of a section says what the section holds: sent back untouched, it changes nothing."""

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.domain.fields import CATALOGUE, Field, Group, Kind
from scheduling.domain.values import Assignment, Meeting, canonical
from scheduling.input_choices import Choices
from scheduling.models import Building, Campus, Course, Department, Instructor, Room, Term
from scheduling.section_drafts import read_draft
from scheduling.section_inputs import Inputs
from scheduling.value_names import ValueNames
from tests.section_form import form_of

FIELDS = CATALOGUE.with_custom(
    [
        Field(name="custom.lab", label="Lab", kind=Kind.BOOLEAN, group=Group.CUSTOM),
        Field(name="custom.fee", label="Fee", kind=Kind.INTEGER, group=Group.CUSTOM),
    ]
)
PEOPLE = {"I1": "Ada Yonath", "I(2)": "Marie Curie (Lab)", "3": "Ada Yonath", "Ada Yonath": "Bob"}
PLACES = [("HAL", "101"), ("HAL", ""), ("OLD HALL", "1 A"), ("OLD", "12"), ("", "")]
TIMES = [("09:00", "09:50"), ("13:30", "16:15"), ("", "")]
DAYS = ["2027-01-11", "2027-03-01", "2027-05-07"]
UNPRINTABLE = ("Cs", "Cc")

lines = st.text(st.characters(exclude_categories=UNPRINTABLE), max_size=12)
long_texts = st.lists(lines, max_size=3).flatmap(
    lambda parts: st.sampled_from(["\n", "\r\n", "\n\n"]).map(lambda end: end.join(parts).strip())
)
meetings = st.builds(
    lambda days, times, place, start, end: Meeting(
        days=days,
        start_time=times[0],
        end_time=times[1],
        building=place[0],
        room=place[1],
        start_date=min(start, end) if start and end else start,
        end_date=max(start, end),
    ),
    st.sampled_from(["MWF", "TR", "S", ""]),
    st.sampled_from(TIMES),
    st.sampled_from(PLACES),
    st.sampled_from(["", *DAYS]),
    st.sampled_from(["", *DAYS]),
)


@st.composite
def teams(draw):
    who = draw(st.lists(st.sampled_from(list(PEOPLE)), unique=True))
    primary = draw(st.sampled_from([None, *who]))
    shares = st.sampled_from([100, 0, 33.33, 66.67, 99.99, 50])
    return [Assignment(instructor=one, percent=draw(shares), is_primary=one == primary) for one in who]


OF_KIND = {
    Kind.TEXT: lines,
    Kind.LONG_TEXT: long_texts,
    Kind.INTEGER: st.integers(0, 99_999),
    Kind.CREDITS: st.sampled_from(["0.00", "1.00", "2.50", "999.99"]),
    Kind.DATE: st.sampled_from(DAYS),
    Kind.CHOICE: st.just("ACTIVE"),
    Kind.BOOLEAN: st.booleans(),
    Kind.COURSE: st.just("C1"),
    Kind.MEETINGS: st.lists(meetings, max_size=4),
    Kind.INSTRUCTORS: teams(),
}


def values_of(field):
    found = OF_KIND[field.kind].map(lambda raw: raw[:10] if field.kind is Kind.TEXT else raw)
    if field.is_required:
        found = found.filter(bool)
    return (found if field.is_required else st.one_of(st.none(), found)).map(
        lambda raw: canonical(field, raw)
    )


sections = st.fixed_dictionaries({one.name: values_of(one) for one in FIELDS})


@pytest.fixture
def college(db):
    term = Term.objects.create(code="20271", name="Spring", start_date=DAYS[0], end_date=DAYS[-1])
    Course.objects.create(
        term=term, sis_id="C1", subject="BIO", number="1", department=Department.objects.create(code="BIO")
    )
    Campus.objects.create(code="MAIN")
    for building, room in PLACES:
        if building:
            code = Building.objects.get_or_create(code=building)[0]
            Room.objects.create(building=code, number=room or "0")
    for pk, name in PEOPLE.items():
        first, _space, last = name.partition(" ")
        Instructor.objects.create(sis_id=pk, first_name=first, last_name=last)
    return term


def sent_back(values):
    """What a browser sends for the form of a section with these values, untouched."""
    groups = Inputs(
        fields=FIELDS,
        values=values,
        locks={},
        choices=Choices(course_codes={"C1": "BIO-1"}),
        names=ValueNames(people=PEOPLE),
    ).groups()
    drawn = "".join(
        render_to_string("scheduling/inputs/input.html", {"input": one, "group": group})
        for group in groups
        for one in group.inputs
    )
    form = QueryDict(mutable=True)
    for name, found in form_of(f"<div data-editor>{drawn}</div>").items():
        form.setlist(name, [one.replace("\r\n", "\n").replace("\n", "\r\n") for one in found])
    return form


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=sections)
def test_a_form_that_is_sent_back_untouched_changes_nothing(college, values):
    draft = read_draft(
        sent_back(values),
        fields=FIELDS,
        term=college,
        seen=values,
        left_out=(),
        course_codes={"C1": "BIO-1"},
    )
    assert (draft.changes, draft.errors) == ({}, [])


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=sections, after=sections)
def test_a_form_that_shows_other_values_is_read_as_exactly_these(college, before, after):
    draft = read_draft(
        sent_back(after),
        fields=FIELDS,
        term=college,
        seen=before,
        left_out=(),
        course_codes={"C1": "BIO-1"},
    )
    assert draft.errors == []
    for one in FIELDS:
        if one.kind not in {Kind.MEETINGS, Kind.LONG_TEXT}:
            assert (draft.changes.get(one.name, before[one.name]) or None) == (after[one.name] or None), one
