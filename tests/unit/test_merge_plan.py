"""A plan's digest names its content; its counts are those of CONTRACT.md."""

import pytest

from integration.merge.plan import Counts, Digest, PlanRow, digest

ROW = {
    "record_key": "101",
    "label": "MATH 101-A",
    "merge_type": "sections",
    "side": "LOCAL",
    "action": "UPDATE",
    "fields": {"capacity": {"base": 20, "ours": 20, "theirs": 30}},
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("record_key", "102"),
        ("merge_type", "relationships"),
        ("side", "SIS"),
        ("action", "CANCEL"),
        ("fields", {"capacity": {"base": 20, "ours": 20, "theirs": 31}}),
        ("fields", {}),
    ],
)
def test_any_difference_in_content_is_another_plan(name, value):
    assert digest([PlanRow(**ROW)]) != digest([PlanRow(**ROW | {name: value})])


def test_the_wording_of_a_label_and_the_order_of_fields_are_no_content():
    fields = dict(reversed(ROW["fields"]["capacity"].items()))
    other = PlanRow(**ROW | {"label": "Algebra", "fields": {"capacity": fields}})
    assert digest([PlanRow(**ROW)]) == digest([other])


def test_a_digest_is_64_hexadecimal_digits_also_of_no_rows():
    assert digest([]) == "0" * 64
    assert len(digest([PlanRow(**ROW)])) == 64


def test_rows_may_be_added_one_by_one():
    made = Digest()
    made.add(PlanRow(**ROW))
    assert made.hex() == digest([PlanRow(**ROW)])


def test_what_moves_between_fields_of_a_row_changes_the_digest():
    """Nothing is joined into one text, where ("1", "01") and ("10", "1") would be the same."""
    one = digest([PlanRow(**ROW | {"record_key": "1", "merge_type": "01"})])
    assert one != digest([PlanRow(**ROW | {"record_key": "10", "merge_type": "1"})])


def test_counts_are_the_keys_of_the_contract_and_survive_storing():
    counts = Counts(read=3)
    counts.add("local_update")
    counts.add("read", 2)
    stored = counts.as_dict()
    assert Counts.from_dict(stored) == counts
    assert (stored["read"], stored["local_update"]) == (5, 1)
    assert list(stored) == [
        *("read", "unchanged", "local_create", "local_update", "local_cancel", "local_delete"),
        *("sis_create", "sis_update", "sis_cancel", "sis_delete"),
        *("missing", "pending", "awaiting", "held", "rejected"),
    ]
