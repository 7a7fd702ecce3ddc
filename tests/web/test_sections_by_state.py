"""The schedule's list and the SIS: each section's state, and sections found by it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import Link
from scheduling.integration_side import STATES
from tests.list_page import PATH, page_of, words


@pytest.fixture
def followed(campus):
    """A loaded campus whose sections are merged every night; the SIS rejects S1, and S2 is on its way."""
    campus.enable()
    campus.edit("S1", title="Mine")
    campus.adapter.faults([{"when": {"operation": "UPDATE", "type": "sections"}, "then": "refuse"}])
    campus.sweep()
    campus.edit("S2", title="Mine")
    return campus


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["S1", "S2", "S3", "S4"]),
        ("?state=ATTENTION", ["S1"]),
        ("?state=REJECTED", ["S1"]),
        ("?state=ON_ITS_WAY", ["S2"]),
        ("?state=SYNCED", ["S3", "S4"]),
        ("?state=HELD", []),
        ("?state=ON_ITS_WAY&q=CHE", []),
    ],
)
def test_sections_are_found_by_their_sis_state(followed, person, query, found):
    page = page_of(person("registrar"), query)
    assert re.findall(r'<td class="crn wide"[^>]*><div>(S\d)</div>', page) == found


def test_the_state_is_told_with_its_reason_and_the_moment(followed, person):
    page = words(page_of(person("scheduler")))
    assert "Rejected Rejected by the SIS" in page
    assert "On its way Waiting to be sent" in page
    assert re.search(r"Synced \d+ \w{3} \d{4}, \d\d:\d\d", words(page_of(person("registrar"))))


def test_who_does_not_work_on_the_schedule_is_told_no_state(followed, person):
    viewer = person("viewer")
    page = page_of(viewer)
    assert "Rejected" not in page
    assert 'name="state"' not in page
    assert "SIS states are not shown here" in page_of(viewer, "?state=REJECTED")
    assert "0 sections" in page_of(viewer, "?state=REJECTED")


def queries(client, query=""):
    client.get(PATH + query)
    with CaptureQueriesContext(connection) as made:
        assert client.get(PATH + query).status_code == 200
    return len(made)


@pytest.mark.parametrize(("is_kept", "most"), [(True, 8), (False, 10)])
@pytest.mark.parametrize("state", ["", *STATES, "ATTENTION"])
def test_a_list_by_state_takes_as_many_queries_for_any_number_of_sections(
    followed, person, state, is_kept, most
):
    client, query = person("registrar"), f"?state={state}" if state else ""
    for number in range(30):
        followed.create(f"K{number}")
        followed.edit("S1", notes=f"Note {number}")
    if not is_kept:  # as it is after an upgrade: what was edited before has to be compared
        Link.objects.update(edits_version=0)
    assert queries(client, query) <= most
