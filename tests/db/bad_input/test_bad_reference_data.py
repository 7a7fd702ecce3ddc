"""Bad terms, departments, places, people and courses are rejected with their place and stay active."""

import pytest

from tandem_conformance.institution import replace_in
from tests.spoiled_drop import BAD, content, faults, merge, place, write_manifest

pytestmark = pytest.mark.django_db

BAD_REFERENCES = {
    "a term that ends first": ("terms", "2024-12-17", "2024-09-01", BAD, 2, "end_date"),
    "a term without a date": ("terms", "2024-12-17", "", BAD, 2, "end_date"),
    "a department without a name": ("departments", "Mathematics", "", BAD, 3, "name"),
    "a building without a code": ("buildings", "RNS", "", "NO_ID", 3, "code"),
    "a room of no building": ("rooms", "RNS,204", "XXX,204", "UNKNOWN_BUILDING", 3, "building"),
    "a capacity in words": ("rooms", "204,40", "204,forty", BAD, 3, "capacity"),
    "a person of no department": (
        *("instructors", "I2,Gus,Castell,,MATH", "I2,Gus,Castell,,X"),
        *("UNKNOWN_DEPARTMENT", 3, "department"),
    ),
    "a person's long id": ("instructors", "I2", "I" * 65, BAD, 3, "id"),
    "a course without a subject": ("courses", "MATH120,20241,MATH", "MATH120,20241,", BAD, 3, "subject"),
    "a course's bad credits": ("courses", "Calculus I,1.00", "Calculus I,one", BAD, 3, "credits"),
    "a course twice": ("courses", "MATH126", "MATH120", "DUPLICATE_ID", 3, "id"),
    "a course of no term": ("courses", "MATH120,20241", "MATH120,1", "UNKNOWN_TERM", 3, "term"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_REFERENCES.values(), ids=BAD_REFERENCES)
def test_bad_reference_data_is_rejected_with_its_place_and_stays_active(imported, case):
    name, old, new, code, line, column = case
    before = content()
    replace_in(imported, name, old, new)
    write_manifest(imported)

    answer = merge(name)

    assert answer.exit_code == 1
    issue = faults(answer.run)[0]
    assert (issue["code"], *place(issue)) == (code, f"{name}.csv", line, column)
    assert issue["message"].endswith(".")
    if old.split(",")[0] in new:  # else its id is another one, and the one that was is gone
        assert content() == before
