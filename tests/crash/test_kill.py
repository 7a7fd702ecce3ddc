"""A merge that is killed at any moment is healed by the next one: kill -9 on real processes."""

import datetime as dt
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from integration.execution import execute
from integration.models import Link, MergeRun, OutboundChange
from integration.runs import Options
from integration.sis.memory import MemoryAdapter
from integration.sis.port import MergeType
from integration.terms import enable_term
from scheduling.models import Course, Relationship, Role, RoleAssignment, Section, Term, User
from scheduling.services.audit import Author
from scheduling.services.sections import create_section, delete_section, update_section

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parent.parent.parent
SECTIONS = 120
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def drop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("institution") / "drop"
    call_command("make_institution", str(folder), "--sections", str(SECTIONS), "--seed", "3")
    return folder


@pytest.fixture
def adapter(drop, tmp_path):
    copy = tmp_path / "sis"
    copy.mkdir()
    for path in drop.glob("*.csv"):
        (copy / path.name).write_bytes(path.read_bytes())
    opened = MemoryAdapter(path=copy)
    yield opened
    opened.close()


def start(adapter, *words):
    """A merge in a process of its own, on the database of this test."""
    given = urlsplit(os.environ["DATABASE_URL"])
    url = urlunsplit(given._replace(path=f"/{connection.settings_dict['NAME']}"))
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "SIS_URL": f"memory://{adapter.path}",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def kill_after(process, seconds):
    """Let it run for so long, then kill it. Its exit status: `KILLED`, or its own."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
    _out, err = process.communicate()
    assert b"Traceback" not in err, err.decode()
    return process.returncode


def term_of_the(adapter):
    return next(iter(adapter.records("terms")))


def merge(adapter, types, **options):
    term = term_of_the(adapter)
    return execute(list(types), terms=[term], adapter=adapter, options=Options(**options))


def both_sides(adapter):
    """(SIS id -> what Tandem holds, SIS id -> what the SIS shows), in one form."""
    from integration.runs import record_type_of  # noqa: PLC0415  # after Django is set up
    from integration.settings import active_version, read  # noqa: PLC0415  # the same

    kind = record_type_of(
        MergeType.SECTIONS, term_of_the(adapter), settings=read(active_version()), adapter=adapter
    )
    ids = dict(Section.objects.filter(sis_id__isnull=False).values_list("id", "sis_id"))
    ours = {ids[pk]: dict(state.values) for pk, state in kind.ours(list(ids)).items()}
    shown = adapter.read_all(MergeType.SECTIONS, term=term_of_the(adapter))
    theirs = {record.sis_id: dict(kind.read(record).values) for record in shown}
    return ours, theirs


@pytest.mark.parametrize("seed", [1, 2])
def test_a_first_load_killed_at_random_moments_ends_whole(adapter, seed):
    chance = random.Random(seed)
    term = term_of_the(adapter)
    for _try in range(4):
        kill_after(start(adapter, "execute_merge", "all", "--term", term), chance.uniform(0.9, 2.5))
    outcome = merge(adapter, MergeType)
    assert outcome.exit_code == 0, [(run.merge_type, run.error) for run in outcome.runs]
    assert Section.objects.count() == len(adapter.sections())
    assert Relationship.objects.count() == len(adapter.relationships())
    ours, theirs = both_sides(adapter)
    assert ours == theirs
    assert not MergeRun.objects.filter(status="RUNNING").exists()


class Storm:
    """Edits on both sides that do not touch the same field, so that every one of them must survive."""

    def __init__(self, adapter, seed):
        self.adapter, self.random = adapter, random.Random(seed)
        self.term = term_of_the(adapter)
        self.user = User.objects.create(username="registrar", has_scheduling=True)
        role, _made = Role.objects.get_or_create(code="REGISTRAR", defaults={"name": "Registrar"})
        RoleAssignment.objects.create(user=self.user, role=role, is_for_all_departments=True)
        self.titles, self.capacities, self.new, self.gone = {}, {}, set(), set()

    def author(self):
        return Author(now=timezone.now(), source="COMMAND", user=self.user)

    def edit(self):
        rows = Section.objects.filter(term_id=self.term, status="ACTIVE").order_by("id")
        sections = self.random.sample(list(rows.filter(memberships=None)), 45)
        for section in sections[:20]:
            title = f"Ours {self.random.randrange(10**6)}"
            update_section(section.pk, {"title": title}, author=self.author())
            self.titles[section.sis_id] = title
        for section in sections[12:32]:
            capacity = 50 + self.random.randrange(40)
            self.adapter.edit(section.sis_id, capacity=str(capacity))
            self.capacities[section.sis_id] = capacity
        for section in sections[40:]:
            if not section.enrollment:
                self.gone.add(section.sis_id)
                delete_section(section.pk, author=self.author())
        courses = list(
            Course.objects.filter(term_id=self.term).order_by("id").values_list("sis_id", flat=True)
        )
        for number in range(10):
            title = f"New {self.random.randrange(10**6)}"
            values = {"course": self.random.choice(courses), "section_number": f"N{number}", "title": title}
            create_section(self.term, values, author=self.author())
            self.new.add(title)

    def assert_healed(self):
        ours, theirs = both_sides(self.adapter)
        assert ours == theirs
        assert {sis_id: theirs[sis_id]["title"] for sis_id in self.titles} == self.titles
        assert {sis_id: ours[sis_id]["capacity"] for sis_id in self.capacities} == self.capacities
        assert not self.gone & theirs.keys()
        made = Counter(values["title"] for values in theirs.values() if values["title"] in self.new)
        assert made == Counter(self.new)  # every one once: at most one create
        assert not OutboundChange.objects.exclude(state="DONE").exists()
        unsure = [link for link in Link.objects.all() if link.sent or link.intent]
        assert [(str(link), link.state, link.sent, link.intent) for link in unsure] == []


@pytest.fixture
def seed(request):
    return request.param


@pytest.fixture
def storm(adapter, seed):
    term = term_of_the(adapter)
    merge(adapter, MergeType)
    enable_term(
        Term.objects.get(pk=term),
        types=[MergeType.SECTIONS, MergeType.RELATIONSHIPS],
        is_sending=True,
        is_nightly=True,
        is_real_time=False,
        until=dt.date(2100, 1, 1),
        actor=None,
        now=timezone.now(),
    )
    made = Storm(adapter, seed)
    made.edit()
    return made


def heal(storm):
    """The next run, and the one after it for what the first one found out."""
    for _night in range(3):
        outcome = merge(storm.adapter, [MergeType.SECTIONS], sends=True)
        assert outcome.exit_code in {0, 1}, outcome.runs[0].error
    assert outcome.exit_code == 0
    storm.assert_healed()


def send(storm):
    return start(storm.adapter, "execute_merge", "sections", "--term", storm.term, "--send-updates", "--json")


@pytest.mark.parametrize("fault", ["kill_before_effect", "kill_after_effect"])
@pytest.mark.parametrize("seed", [1], indirect=True)
def test_a_process_killed_around_a_write_leaves_nothing_twice_and_nothing_out(storm, fault):
    storm.adapter.faults([{"when": {}, "then": fault, "p": 0.07, "seed": 5}])
    statuses = [kill_after(send(storm), 60) for _try in range(6)]
    assert KILLED in statuses
    storm.adapter.faults([])
    heal(storm)


@pytest.mark.parametrize("seed", [1, 2], indirect=True)
def test_a_sending_merge_killed_at_random_moments_is_healed_by_the_next(storm):
    statuses = [kill_after(send(storm), storm.random.uniform(0.9, 2.2)) for _try in range(5)]
    assert set(statuses) <= {KILLED, 0, 1, 5}, statuses
    heal(storm)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, 30), indirect=True)
def test_storms_of_kills_and_lost_answers_are_healed(storm):
    faults = ["kill_before_effect", "kill_after_effect", "timeout_before_effect", "timeout_after_effect"]
    storm.adapter.faults([{"when": {}, "then": one, "p": 0.02, "seed": one} for one in faults])
    for _try in range(8):
        kill_after(send(storm), storm.random.uniform(0.9, 4.0))
    storm.adapter.faults([])
    heal(storm)
