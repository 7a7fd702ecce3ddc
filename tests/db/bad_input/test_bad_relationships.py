"""Bad relationships are rejected with their place; a section is in one crosslist at most."""

import pytest

from integration.models import Link, LinkState
from scheduling.models import (
    Relationship,
)
from tandem_conformance.institution import replace_in
from tests.spoiled_drop import BAD, GROUPS, MEMBERS, faults, merge, place, write_manifest

pytestmark = pytest.mark.django_db

BAD_GROUPS = {
    "an unknown kind": ((GROUPS, "CROSSLIST", "TEAM"), BAD, 2, "kind", "one of CROSSLIST"),
    "negative capacity": ((GROUPS, "CROSSLIST,40", "CROSSLIST,-40"), BAD, 2, "capacity", "0 or"),
    "an unknown member": ((MEMBERS, "X001,S005", "X001,S404"), "UNKNOWN_SECTION", 3, "section_id", "correct"),
    "a member twice": ((MEMBERS, "X001,S005", "X001,S001"), "DUPLICATE_MEMBER", 3, "section_id", "keep one"),
    "two primaries": ((MEMBERS, "S005,False", "S005,True"), "TWO_PRIMARIES", 3, "is_primary", "mark one"),
    "a primary that is neither": ((MEMBERS, "S005,False", "S005,no"), BAD, 3, "is_primary", "True or"),
    "a term that is not there": ((GROUPS, "X001,20241", "X001,1"), "UNKNOWN_TERM", 2, "term", "correct it"),
    "an id twice": ((GROUPS, "L001", "X001"), "DUPLICATE_ID", 2, "id", "keep one"),
    "too few fields": ((GROUPS, "CROSSLIST,40", "CROSSLIST"), "TOO_FEW_FIELDS", 2, "capacity", "every"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_GROUPS.values(), ids=BAD_GROUPS)
def test_a_bad_relationship_is_rejected_with_its_place_and_is_still_here(imported, case):
    (file, old, new), code, line, column, fix = case
    replace_in(imported, file, old, new)
    write_manifest(imported)

    answer = merge("relationships")

    assert answer.exit_code == 1
    issue = faults(answer.run)[0]
    assert (issue["code"], issue["record"], *place(issue)) == (code, "X001", f"{file}.csv", line, column)
    assert fix in issue["message"]
    assert answer.counts["rejected"] == 1
    group = Relationship.objects.get(sis_id="X001")
    assert sorted(group.members.values_list("section__sis_id", flat=True)) == ["S001", "S005"]
    assert Link.objects.get(sis_id="X001").state == LinkState.LINKED


def add(folder, name, *rows):
    path = folder / f"{name}.csv"
    path.write_text("".join([path.read_text(), *(f"{row}\n" for row in rows)]))


def members():
    groups = Relationship.objects.order_by("sis_id")
    return {
        one.sis_id: sorted(one.members.values_list("section__sis_id", flat=True))
        for one in groups.filter(kind="CROSSLIST")
    }


def test_a_section_in_two_crosslists_keeps_the_second_out_and_the_others_come(imported):
    add(imported, GROUPS, "X002,20241,CROSSLIST,10", "X003,20241,CROSSLIST,10")
    add(imported, MEMBERS, "X002,S001,True", "X002,S002,False", "X003,S003,True", "X003,S004,False")

    answer = merge("relationships")

    assert answer.exit_code == 1
    (issue,) = faults(answer.run)
    assert (issue["code"], issue["record"], issue["field"]) == ("IN_ANOTHER_CROSSLIST", "X002", "members")
    assert "S001" in issue["message"]
    assert answer.counts == {"read": 4, "unchanged": 2, "local_create": 1, "rejected": 1}
    assert members() == {"X001": ["S001", "S005"], "X003": ["S003", "S004"]}


def test_a_member_that_another_crosslist_keeps_is_not_added(imported):
    add(imported, GROUPS, "X002,20241,CROSSLIST,10")
    add(imported, MEMBERS, "X002,S002,True", "X002,S003,False")
    assert merge("relationships").exit_code == 0
    replace_in(imported, MEMBERS, "X002,S003", "X002,S005")

    answer = merge("relationships")

    assert (answer.exit_code, [issue["record"] for issue in faults(answer.run)]) == (1, ["X002"])
    assert members()["X002"] == ["S002", "S003"]
    assert Link.objects.get(sis_id="X002").baseline["members"][1]["section"] == "S003"
    replace_in(imported, MEMBERS, "X001,S005", "X001,S004")  # now S005 is free
    assert merge("relationships").exit_code == 0
    assert members() == {"X001": ["S001", "S004"], "X002": ["S002", "S005"]}


def test_a_group_that_takes_the_place_of_another_comes_once_the_other_is_surely_gone(imported):
    """Nothing vouches for this folder: an absence counts with the second sight only."""
    replace_in(imported, GROUPS, "X001", "X009")
    for _ in range(2):
        replace_in(imported, MEMBERS, "X001", "X009")

    first = merge("relationships")
    assert (first.exit_code, first.counts["missing"], members()) == (1, 1, {"X001": ["S001", "S005"]})
    replace_in(imported, "buildings", "Regents", "Regents Hall")
    merge("relationships")
    assert members() == {"X009": ["S001", "S005"]}
    assert merge("relationships").exit_code == 0
