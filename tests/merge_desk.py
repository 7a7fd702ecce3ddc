"""Merges as an operator runs them: the command with its options, its answer and its exit status."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from django.core.management import call_command
from django.db import connection

from integration.execution import approve
from integration.models import MergeState, Plan
from integration.runs import Options
from integration.sis.exchange_writing import write_folder
from integration.sis.port import MergeType
from scheduling.models import Section
from tests.campus import TABLES, TERM, Campus, section_row

ROOT = Path(__file__).resolve().parent.parent
SIXTY = [f"M{number:03}" for number in range(1, 61)]
"""The sections of `large_tables(60)`."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the command said. `told`: what it wrote for people."""

    exit_code: int
    document: dict
    told: str = ""

    @property
    def runs(self):
        return self.document["runs"]

    @property
    def run(self):
        (run,) = self.runs
        return run

    @property
    def counts(self):
        """The counts of the only run that are not 0."""
        return counts_of(self.run)

    @property
    def codes(self):
        """The codes of the only run's issues, notices aside."""
        return [issue["code"] for issue in self.run["issues"] if not issue["notice"]]

    @property
    def notices(self):
        return [issue["code"] for issue in self.run["issues"] if issue["notice"]]

    def of(self, merge_type, term=None):
        (run,) = [run for run in self.runs if run["type"] == merge_type and term in (None, run["term"])]
        return run


def counts_of(run):
    return {name: number for name, number in run["counts"].items() if number}


def execute_merge(*words):
    """`manage.py execute_merge … --json`; a word may be anything that has a text."""
    document, told = io.StringIO(), io.StringIO()
    exit_code = 0
    try:
        call_command("execute_merge", *map(str, words), "--json", stdout=document, stderr=told)
    except SystemExit as end:
        exit_code = end.code
    return Answer(exit_code=exit_code, document=json.loads(document.getvalue()), told=told.getvalue())


def printed(*words):
    """What the command prints for people: (exit status, standard output, standard error)."""
    out, err, exit_code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("execute_merge", *map(str, words), stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        exit_code = end.code
    return exit_code, out.getvalue(), err.getvalue()


def large_tables(sections, **tables):
    """The campus with so many sections (M001, M002 …) of its courses instead of its own."""
    rows = [section_row(f"M{n:03}", "C1" if n % 2 else "C2", f"{n:03}") for n in range(1, sections + 1)]
    nothing = {"meetings": [], "section_instructors": [], "relationships": [], "relationship_members": []}
    return {**TABLES, **nothing, "sections": rows, **tables}


@dataclass(kw_only=True)
class Desk(Campus):
    """The campus, merged by the command. `settings` is pytest-django's: it says where the SIS is."""

    tables: dict = field(default_factory=lambda: TABLES)
    django_settings: object = None

    def __post_init__(self):
        if not self.folder.exists():
            write_folder(self.folder, self.tables)
        super().__post_init__()
        if self.django_settings is not None:
            self.django_settings.SIS_URL = self.url

    def reopen(self, options):
        """The same SIS, which from now on can do other things."""
        self.adapter.close()
        self.options = options
        self.adapter.options = type(self.adapter.options).parse(dict(parse_qsl(options)))
        self.adapter.__dict__.pop("capabilities", None)
        self.django_settings.SIS_URL = self.url

    def run(self, merge_type, *words):
        """One merge of the campus's term."""
        bound = merge_type in {"courses", "sections", "relationships", "all"}
        return execute_merge(merge_type, *(["--term", TERM] if bound else []), *words)

    def first_load(self):
        answer = self.run("all")
        assert answer.exit_code == 0, answer.document
        return answer

    def edit_in_sis(self, *sis_ids, **changes):
        for sis_id in sis_ids:
            self.adapter.edit(sis_id, **changes)

    def vanish(self, *sis_ids):
        for sis_id in sis_ids:
            self.adapter.remove(sis_id)

    # ---- of a campus of sixty sections

    def held_removals(self, *words):
        """A plan that removes six sections, which is one too many."""
        self.vanish(*SIXTY[:6])
        return self._held("sections", *words)

    def held_sends(self):
        """A plan that would change thirty sections in the SIS."""
        for sis_id in SIXTY[:30]:
            self.edit(sis_id, capacity=77)
        return self._held("sections", "--send-updates")

    def _held(self, *words):
        answer = self.run(*words)
        assert answer.exit_code == 3, answer.document
        return Plan.objects.get(pk=answer.run["plan"])

    def approve_some(self, plan, rows):
        return approve(
            plan.pk,
            merge_type=MergeType.SECTIONS,
            terms=[TERM],
            adapter=self.adapter,
            options=Options(actor=self.registrar),
            only=[row.pk for row in rows],
        )

    # ---- looking

    @property
    def here(self):
        """The SIS ids of the sections here."""
        return set(Section.objects.filter(term=TERM).values_list("sis_id", flat=True))

    @property
    def pause(self):
        """Why sending of sections is paused (blank: it is not)."""
        return MergeState.objects.get(merge_type="sections", term=TERM).pause_reason

    def written(self):
        """What the SIS was sent: (operation, id)."""
        return [(entry["operation"], entry["id"]) for entry in self.adapter.journal()]


def start(*words, url, **pipes):
    """A command of ours in a process of its own, on the database of this test."""
    given = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        **os.environ,
        "DATABASE_URL": urlunsplit(given._replace(path=f"/{connection.settings_dict['NAME']}")),
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "SIS_URL": url,
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes}
    return subprocess.Popen([sys.executable, *map(str, words)], cwd=ROOT, env=environment, text=True, **pipes)


def in_a_process(*words, url):
    """The command in a process of its own, to its end: (exit status, standard output, standard error)."""
    process = start("manage.py", "execute_merge", *words, url=url)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err
