"""Values in cells: what is written is read back exactly, and no spreadsheet takes it for a formula."""

from hypothesis import example, given
from hypothesis import strategies as st

from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import CATALOGUE, DAYS, Kind
from scheduling.domain.values import Assignment, Meeting, canonical, is_storable
from scheduling.sheets.cells import as_meant, cell_of, harmless, raw_of

texts = st.text(max_size=12).filter(is_storable)
codes = st.one_of(
    st.sampled_from(
        ["HAL", "101", "in", "to", "from", "until", "primary", "A B", 'x"y', "a\\", "=1", ";", ","]
    ),
    texts.map(str.strip).filter(bool),
)
dates = st.sampled_from(["", "2027-02-01", "2027-05-28"])
times = st.sampled_from([("", ""), ("09:00", "09:50"), ("00:05", "23:59")])


@st.composite
def meetings(draw):
    building = draw(st.one_of(st.just(""), codes))
    start, end = draw(times)
    first, last = draw(st.tuples(dates, dates).filter(lambda pair: not all(pair) or pair[0] <= pair[1]))
    return Meeting(
        days="".join(day for day in DAYS if draw(st.booleans())),
        start_time=start,
        end_time=end,
        building=building,
        room=draw(st.one_of(st.just(""), codes)) if building else "",
        start_date=first,
        end_date=last,
    )


assignments = st.builds(
    Assignment,
    instructor=codes,
    percent=st.sampled_from([0, 33.33, 50, 100]),
    is_primary=st.just(False),
)
teams = st.lists(assignments, max_size=3, unique_by=lambda one: one.instructor)


def back(name, value, people=None):
    field = CATALOGUE[name]
    return canonical(field, raw_of(field, cell_of(field, value, people or {})))


@given(st.lists(meetings(), max_size=3))
def test_meetings_are_read_back_as_they_were_written(found):
    value = tuple(sorted(set(found)))
    assert back("meetings", value) == value


@given(teams, st.booleans(), texts)
def test_instructors_are_read_back_as_they_were_written_whatever_they_are_called(team, has_primary, name):
    if team and has_primary:
        team[0] = Assignment(instructor=team[0].instructor, percent=team[0].percent, is_primary=True)
    value = tuple(sorted(team))
    assert back("instructors", value, {one.instructor: name for one in value}) == value


@given(texts)
@example("'=1")
@example("''")
def test_text_is_read_back_as_it_was_written(text):
    assert as_meant(harmless(text)) == text
    value = canonical(CATALOGUE["notes"], text)
    assert back("notes", value) == value


@given(texts, st.sampled_from("=+-@\t\r"))
def test_no_cell_begins_like_a_formula(text, sign):
    written = harmless(sign + text)
    assert not written.startswith(tuple("=+-@\t\r"))


@given(st.sampled_from([field for field in CATALOGUE if field.kind is not Kind.COURSE]), texts)
def test_whatever_a_cell_holds_is_read_or_refused_in_words(field, text):
    try:
        canonical(field, raw_of(field, text))
    except InvalidValue as error:
        refused = error
    else:
        return
    assert refused.message.endswith(".") or " write " in refused.message
