"""Bad records of a SIS without files: rejected with record and field, never taken for a removal."""

import pytest

from integration.models import Link, LinkState
from integration.sis.memory import MemoryAdapter
from scheduling.models import (
    Section,
    Term,
)
from tandem_conformance.institution import replace_in, write_institution
from tests.spoiled_drop import BAD, content, faults, merge, place

pytestmark = pytest.mark.django_db


BAD_EDITS = {
    "a bad date": ({"start_date": "2024-02-31"}, "start_date", BAD),
    "an unknown course": ({"course": "MATH999"}, "course", "UNKNOWN_COURSE"),
    "negative capacity": ({"capacity": "-1"}, "capacity", BAD),
    "credits with 3 decimals": ({"credits": "1.125"}, "credits", BAD),
    "end before start": ({"end_date": "2024-01-01"}, "end_date", BAD),
    "an unknown room": ({"meetings": [{"building": "TOH", "room": "9"}]}, "meetings", "UNKNOWN_ROOM"),
    "percent 120": ({"instructors": [{"instructor": "I1", "percent": "120"}]}, "instructors", BAD),
    "a NUL byte": ({"title": "Cal\x00culus"}, "title", BAD),
}  # fmt: skip


@pytest.fixture
def sis(empty, tmp_path, settings):
    folder = write_institution(tmp_path / "sis")
    settings.SIS_URL = f"memory://{folder}"
    adapter = MemoryAdapter(path=folder)
    yield adapter
    adapter.close()


@pytest.mark.parametrize("case", BAD_EDITS.values(), ids=BAD_EDITS)
def test_a_bad_record_of_the_fake_sis_is_rejected_and_is_still_here(sis, case):
    changes, field, code = case
    assert merge("all").exit_code == 0
    before = Section.objects.get(sis_id="S002")
    sis.edit("S002", **changes)
    sis.edit("S001", title="Life drawing")

    answer = merge("sections")

    assert answer.exit_code == 1
    (issue,) = faults(answer.run)
    assert (issue["record"], issue["field"], issue["code"]) == ("S002", field, code)
    assert (issue["file"], issue["line"]) == (None, None)
    assert answer.counts == {"read": 6, "unchanged": 4, "local_update": 1, "rejected": 1}
    after = Section.objects.get(sis_id="S002")
    assert (after.version, after.status) == (before.version, "ACTIVE")
    assert Link.objects.get(sis_id="S002").state == LinkState.LINKED


def test_a_fake_sis_that_cannot_load_its_folder_names_the_place(empty, tmp_path, settings):
    folder = write_institution(tmp_path / "sis")
    replace_in(folder, "sections", "S002,20241", "S001,20241")
    settings.SIS_URL = f"memory://{folder}"

    answer = merge("all")

    assert answer.exit_code == 2
    error = answer.document["error"] or answer.runs[0]["error"]
    assert (error["code"], *place(error)) == ("DUPLICATE_ID", "sections.csv", 2, "id")
    assert not Term.objects.exists()


def test_an_answer_of_the_fake_sis_that_is_cut_short_removes_nothing(sis):
    assert merge("all").exit_code == 0
    sis.faults([{"when": {"operation": "READ", "type": "sections"}, "then": "truncated_read"}])
    before = content()

    answer = merge("sections")

    assert answer.counts == {"read": 3, "unchanged": 3}
    assert content() == before
