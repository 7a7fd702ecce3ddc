"""A real term in the sandbox, from its first day to its last."""

import csv

from integration.sandbox.sis import SandboxSis


def rows_of(folder, table):
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as text:
        return sorted(tuple(row.items()) for row in csv.DictReader(text))


def test_all_revisions_of_a_real_term_lead_to_its_last_state(realdata):
    data = realdata / "20241"
    sis = SandboxSis(folder=data / "first", profile="banner", changes=data / "changes.jsonl")

    assert sis.advance(1000)["left"] == 0

    exported = sis.export()
    for row in exported["sections"]:
        del row["guid"]
    for table in ("sections", "meetings", "section_instructors", "rooms", "courses"):
        assert sorted(tuple(row.items()) for row in exported[table]) == rows_of(data / "last", table)
    told = {one["resource"]["id"] for one in sis.feed.messages if one["resource"]["name"] == "sections"}
    assert len(told) > 900
