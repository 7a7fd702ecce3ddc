"""The real terms come in, and nothing happens when nothing has changed."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import PlanRow, RunIssue
from scheduling.models import ChangeLog, Section

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]
BOOKKEEPING = {
    "integration_mergerun",
    "integration_plan",
    "integration_mergestate",
    "integration_runissue",
}
NIGHT_QUERIES = 67
SECTIONS = {"20241": 951, "20243": 938}
FLAGS = {
    "20241": {"ROOM_DOUBLE_BOOKED"},
    "20243": {"ROOM_DOUBLE_BOOKED", "VARIABLE_CREDITS"},
}


def test_first_load_brings_in_every_section_as_the_sis_has_it(loaded):
    outcome = loaded.first
    assert outcome.exit_code == 0, [(run.merge_type, run.error) for run in outcome.runs]
    sections = next(run for run in outcome.runs if run.merge_type == "sections")
    assert sections.counts["local_create"] == sections.counts["read"] == SECTIONS[loaded.term]
    assert sections.counts["rejected"] == 0
    assert loaded.ours() == loaded.theirs()


def test_first_load_writes_one_audit_row_and_one_plan_row_per_record(loaded):
    created = ChangeLog.objects.filter(record_type="section", action="CREATE")
    assert created.count() == Section.objects.count() == SECTIONS[loaded.term]
    assert created.filter(field="").count() == created.count()
    run_id = created.first().run_id
    assert PlanRow.objects.filter(plan__run_id=run_id).count() == created.count()


def rows_written():
    """Table -> rows inserted, changed or deleted so far in this transaction, as PostgreSQL counts them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return Counter(dict(cursor.fetchall()))


def test_second_run_finds_everything_unchanged_and_writes_nothing(loaded):
    before = rows_written()
    outcome = loaded.load()
    written = rows_written() - before
    assert outcome.exit_code == 0
    for run in outcome.runs:
        assert run.counts["unchanged"] == run.counts["read"], run.merge_type
        assert sum(run.counts.values()) == 2 * run.counts["read"]
    assert set(written) <= BOOKKEEPING, written
    assert loaded.adapter.journal() == []


def test_an_unchanged_night_keeps_to_its_number_of_queries(loaded):
    with CaptureQueriesContext(connection) as queries:
        loaded.night()
    assert len(queries) == NIGHT_QUERIES, [query["sql"][:90] for query in queries]


def test_what_breaks_a_rule_here_comes_in_flagged(loaded):
    codes = set(RunIssue.objects.filter(is_notice=True).values_list("code", flat=True))
    assert codes >= FLAGS[loaded.term]
    assert RunIssue.objects.filter(is_notice=False).count() == 0


def test_arranged_meetings_and_places_without_a_room_are_kept(loaded):
    meetings = [one for values in loaded.ours().values() for one in values["meetings"]]
    assert any(one.is_arranged for one in meetings)
    assert any(one.building and not one.room for one in meetings)
