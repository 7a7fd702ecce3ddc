"""A real term in a fake SIS, night after night."""

import datetime as dt
import functools
import json
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from django.db import transaction

from integration.execution import Outcome, approve, execute
from integration.models import Conflict, Link, Plan
from integration.record_types import RecordType
from integration.runs import Options, record_type_of
from integration.section_type import SectionType
from integration.settings import active_version, read
from integration.sis.exchange import Folder
from integration.sis.memory import MemoryAdapter
from integration.sis.memory_options import Options as SisOptions
from integration.sis.port import MergeType
from integration.sis.snapshots import FolderSnapshot
from integration.terms import enable_term
from scheduling.models import Term

NIGHT = [MergeType.SECTIONS, MergeType.RELATIONSHIPS]
START = dt.datetime(2024, 1, 20, 2, 0, tzinfo=dt.UTC)


@functools.cache
def revisions_of(path: Path) -> tuple[dict, ...]:
    """The lines of a changes file."""
    with path.open(encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


@dataclass(kw_only=True)
class College:
    """One real term: the SIS, its future, and the nights. Time moves an hour with every merge."""

    term: str
    data: Path
    adapter: MemoryAdapter
    now: dt.datetime = START
    approved: list[Plan] = field(default_factory=list)
    first: Outcome | None = None

    @property
    def revisions(self) -> tuple[dict, ...]:
        return revisions_of(self.data / self.term / "changes.jsonl")

    def clock(self) -> dt.datetime:
        self.now += dt.timedelta(milliseconds=1)
        return self.now

    def merge(self, types=NIGHT, *, sends: bool = False, **options) -> Outcome:
        self.now += dt.timedelta(hours=1)
        return execute(
            list(types),
            terms=[self.term],
            adapter=self.adapter,
            options=Options(sends=sends, **options),
            clock=self.clock,
        )

    def load(self) -> Outcome:
        return self.merge(list(MergeType))

    def night(self, *, sends: bool = False) -> list:
        """Merge, and approve what a safeguard holds. Returns the runs that ended the night."""
        runs = []
        for merge_type in NIGHT:
            outcome = self.merge([merge_type], sends=sends)
            assert outcome.error is None, outcome.error
            run = outcome.runs[0]
            if run.status == "NEEDS_APPROVAL":
                plan = run.plan
                self.approved.append(plan)
                outcome = approve(
                    plan.pk,
                    merge_type=merge_type,
                    terms=[self.term],
                    adapter=self.adapter,
                    options=Options(sends=sends),
                    clock=self.clock,
                )
                assert outcome.error is None, outcome.error
                run = outcome.runs[0]
            assert run.status in {"SUCCEEDED", "FINISHED_WITH_ISSUES"}, run.error
            runs.append(run)
        return runs

    def enable(self) -> None:
        enable_term(
            Term.objects.get(pk=self.term),
            types=NIGHT,
            is_sending=True,
            is_nightly=True,
            is_real_time=False,
            until=dt.date(2100, 1, 1),
            actor=None,
            now=self.now,
        )

    # ---- looking

    @property
    def kind(self) -> SectionType:
        return self.kind_of(MergeType.SECTIONS)

    def kind_of(self, merge_type: MergeType) -> RecordType:
        return record_type_of(merge_type, self.term, settings=read(active_version()), adapter=self.adapter)

    def ours(self, sections=None) -> dict[str, dict]:
        """SIS id -> canonical values as Tandem holds them, of all sections or of those with these ids."""
        which = {"section__isnull": False} if sections is None else {"section__in": sections}
        links = Link.objects.filter(merge_type="sections", term_id=self.term, sis_id__isnull=False, **which)
        ids = dict(links.values_list("section_id", "sis_id"))
        return {ids[pk]: dict(state.values) for pk, state in self.kind.ours(list(ids)).items()}

    def theirs(self, sis_ids=None) -> dict[str, dict]:
        """SIS id -> canonical values as the SIS shows them, of all sections or of those with these ids."""
        if sis_ids is None:
            return self.values_in(self.adapter.read_all(MergeType.SECTIONS, term=self.term))
        found = self.adapter.read(MergeType.SECTIONS, sis_ids, term=self.term)
        return self.values_in(record for record in found.values() if record is not None)

    def values_in(self, records) -> dict[str, dict]:
        """SIS id -> canonical values."""
        kind = self.kind
        found = {}
        for record in records:
            incoming = kind.read(record)
            assert not incoming.issues, incoming.issues
            found[record.sis_id] = dict(incoming.values)
        return found

    def last(self) -> dict[str, dict]:
        """The sections of `last/`."""
        folder = Folder(path=self.data / self.term / "last")
        return self.values_in(FolderSnapshot(folder=folder, merge_type=MergeType.SECTIONS, term=self.term))

    def open_conflicts(self):
        return Conflict.objects.filter(link__term_id=self.term, status=Conflict.Status.OPEN)


@pytest.fixture(params=["20241", "20243"])
def term_code(request) -> str:
    return request.param


def first_day(realdata, term: str, drop: Path, **options: str) -> College:
    """A college on the first day of its term, with options of the fake SIS that is kept in `drop`."""
    shutil.copytree(realdata / term / "first", drop, copy_function=shutil.copyfile)
    drop.chmod(0o755)
    return College(
        term=term, data=realdata, adapter=MemoryAdapter(path=drop, options=SisOptions.parse(options))
    )


@pytest.fixture
def open_college(realdata, tmp_path):
    """Make a college: `open_college("20241")`, with options of the fake SIS."""
    opened = []

    def make(term: str, **options: str) -> College:
        opened.append(first_day(realdata, term, tmp_path / f"sis-{len(opened)}", **options))
        return opened[-1]

    yield make
    for college in opened:
        college.adapter.close()


@pytest.fixture
def college(open_college, term_code, db):
    return open_college(term_code)


@pytest.fixture(scope="module", params=["20241", "20243"])
def loaded_once(request, realdata, tmp_path_factory, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), transaction.atomic():
        made = first_day(realdata, request.param, tmp_path_factory.mktemp("college") / "sis")
        made.first = made.load()
        made.adapter.close()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def loaded(loaded_once, tmp_path, db):
    """A college after its first import (`first`), which a module's tests share; each has the SIS to itself.

    All tests of such a module use it: the others would find its rows.
    """
    drop = tmp_path / "sis"
    shutil.copytree(loaded_once.adapter.path, drop)
    made = replace(loaded_once, adapter=MemoryAdapter(path=drop), approved=[])
    yield made
    made.adapter.close()
