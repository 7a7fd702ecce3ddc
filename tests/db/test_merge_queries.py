"""A merge of sections with nothing changed costs the same whatever the term's size, and writes nothing."""

import datetime as dt
from collections import Counter

import pytest
from django.db import connection, transaction
from django.utils import timezone

from integration.execution import execute
from integration.institution.writing import write_institution
from integration.runs import Options
from integration.sis.memory import MemoryAdapter
from integration.sis.port import TERM_TYPES, MergeType
from integration.terms import enable_term
from scheduling.models import Section, Term

RUN_TABLES = {"integration_mergerun", "integration_plan", "integration_mergestate"}
"""What a run keeps about itself."""


class Statements(list):
    """The statements that went through Django while it was an execute wrapper."""

    def __call__(self, run, sql, params, many, context):
        self.append(sql)
        return run(sql, params, many, context)

    def without_savepoints(self):
        """Savepoints have numbers in their names, and stand only for the test's own transaction."""
        return Counter(sql for sql in self if "SAVEPOINT" not in sql)


def imported(path, sections):
    """A SIS with one term of so many sections, imported; its adapter and the term's code."""
    (code,) = write_institution(path, sections=sections)
    adapter = MemoryAdapter(path=path)
    assert execute(list(MergeType), terms=[code], adapter=adapter).exit_code == 0
    return adapter, code


def set_to_send(code):
    enable_term(
        Term.objects.get(pk=code),
        types=list(TERM_TYPES),
        is_sending=True,
        is_nightly=False,
        is_real_time=False,
        until=dt.date(2099, 1, 1),
        actor=None,
        now=timezone.now(),
    )


def unchanged_merge(adapter, code, *, sends=False):
    with connection.execute_wrapper(statements := Statements()):
        outcome = execute([MergeType.SECTIONS], terms=[code], adapter=adapter, options=Options(sends=sends))
    counts = {name: n for name, n in outcome.runs[0].counts.items() if n}
    assert counts == {"read": Section.objects.count(), "unchanged": Section.objects.count()}
    return statements


def rows_changed():
    """Rows written in this transaction (the test's), by table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables")
        return Counter(dict(cursor.fetchall()))


@pytest.mark.django_db
@pytest.mark.parametrize("sends", [False, True])
def test_an_unchanged_merge_writes_nothing_but_the_record_of_its_run(tmp_path, sends):
    adapter, code = imported(tmp_path / "sis", 300)
    set_to_send(code)
    before = rows_changed()
    unchanged_merge(adapter, code, sends=sends)
    written = rows_changed() - before
    assert "integration_mergerun" in written
    assert set(written) <= RUN_TABLES


@pytest.mark.django_db
def test_an_unchanged_merge_takes_the_same_queries_for_a_term_three_times_as_large(tmp_path):
    taken = []
    for sections in (300, 1_000):
        with transaction.atomic():
            adapter, code = imported(tmp_path / str(sections), sections)
            set_to_send(code)
            taken.append(unchanged_merge(adapter, code, sends=True).without_savepoints())
            transaction.set_rollback(True)
    assert taken[0] == taken[1]
    assert taken[0].total() > 5
