"""A second run straight after a clean one finds everything unchanged, whatever the SIS can do."""

import pytest
from django.db import connection

from integration.models import Link
from tests.campus import TERM
from tests.merge_desk import counts_of

pytestmark = pytest.mark.django_db

BOOKKEEPING = {
    "integration_link",
    "integration_mergerun",
    "integration_plan",
    "integration_planrow",
    "integration_runissue",
    "integration_mergestate",
}
"""What a run keeps about itself, and what both sides agree on; neither side is among it."""


def rows_written():
    """Rows written in this transaction (the test's), by table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return dict(cursor.fetchall())


@pytest.mark.parametrize("options", ["", "order=sections_first", "complete=yes&token=no", "read_by_id=no"])
def test_a_second_run_straight_after_a_clean_one_finds_everything_unchanged_and_writes_nothing(
    desk_with, options
):
    desk = desk_with(options)
    desk.first_load()
    desk.enable()
    desk.edit("S1", title="Mine")
    desk.edit_in_sis("S2", capacity="77")
    assert desk.run("all", "--send-updates").exit_code == 0
    journal, before = desk.written(), rows_written()

    for second in (desk.run("all", "--send-updates"), desk.run("all")):
        assert second.exit_code == 0
        for run in second.runs:
            assert counts_of(run) == dict.fromkeys(("read", "unchanged"), run["counts"]["read"])
    written = {table for table, number in rows_written().items() if number > before.get(table, 0)}
    assert written <= BOOKKEEPING
    assert "integration_mergerun" in written
    assert desk.written() == journal


def test_a_record_can_be_unchanged_and_pending_or_awaiting(desk_with):
    desk = desk_with("applies_later=3600")
    desk.first_load()
    desk.enable()
    desk.edit("S1", title="Mine")
    desk.create()

    assert desk.run("sections").counts == {"read": 4, "unchanged": 4, "pending": 2}
    sent = {"read": 4, "unchanged": 3, "sis_update": 1, "sis_create": 1, "awaiting": 2}
    assert desk.run("sections", "--send-updates").counts == sent
    assert desk.run("sections", "--send-updates").counts == {"read": 4, "unchanged": 4, "awaiting": 2}
    desk.adapter.tick(3600)
    confirmed = {"read": 5, "unchanged": 4, "local_update": 1}  # the number that the SIS gave the new one
    assert desk.run("sections", "--send-updates").counts == confirmed
    assert Link.objects.filter(term=TERM, state="LINKED", section__isnull=False).count() == 5
