"""A small college with its fake SIS: four sections of two courses, two of them a crosslist."""

import datetime as dt
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

from django.db import transaction
from django.utils import timezone

from integration.execution import execute
from integration.explaining import explain
from integration.models import Conflict, Link, OutboundChange
from integration.resolving import resolve
from integration.runs import Options, record_type_of
from integration.settings import MergeSettings, TypeSettings, active_version, read, save_settings
from integration.sis.exchange import COLUMNS
from integration.sis.exchange_writing import write_folder
from integration.sis.memory import MemoryAdapter
from integration.sis.memory_options import Options as SisOptions
from integration.sis.port import SENDABLE_TYPES, TERM_TYPES, MergeType
from integration.standing import Standing
from integration.status import status_of_sections
from integration.sweep import sweep
from integration.terms import enable_term
from scheduling.models import ChangeLog, Relationship, Role, RoleAssignment, Section, Term, User
from scheduling.services import relationships, sections
from scheduling.services.audit import Author
from tests.kept_columns import assert_kept_is_true

TERM = "20271"
NOW = dt.datetime(2027, 1, 12, 17, 0, tzinfo=dt.UTC)
DATES = ("2027-02-01", "2027-05-28")


def section_row(sis_id, course, number, **values):
    row = {
        "id": sis_id,
        "term": TERM,
        "course_id": course,
        "section_number": number,
        "title": f"Title of {sis_id}",
        "status": "ACTIVE",
        "start_date": DATES[0],
        "end_date": DATES[1],
        "credits": "1.00",
        "capacity": "30",
        "enrollment": "0",
        "waitlisted": "0",
    }
    row |= values
    return tuple(row.get(name) for name in COLUMNS["sections"])


TABLES = {
    "terms": [
        (TERM, "Spring 2027", *DATES),
        ("20263", "Fall 2026", "2026-09-01", "2026-12-18"),
    ],
    "departments": [("BIO", "Biology"), ("CHE", "Chemistry")],
    "buildings": [("HAL", "Hall", "MAIN")],
    "rooms": [("HAL", "101", 40, ""), ("HAL", "102", 40, ""), ("HAL", "103", 40, "")],
    "instructors": [("I1", "Marie", "Curie", "", "CHE"), ("I2", "Ada", "Yonath", "", "BIO")],
    "courses": [
        ("C1", TERM, "BIO", "101", "Cells", "1.00"),
        ("C2", TERM, "CHE", "202", "Bonds", "1.00"),
    ],
    "sections": [
        section_row("S1", "C1", "A"),
        section_row("S2", "C1", "B", enrollment="12"),
        section_row("S3", "C2", "A"),
        section_row("S4", "C2", "B"),
    ],
    "meetings": [
        ("S1", 1, "MWF", "09:00", "09:50", "HAL", "101", *DATES),
        ("S2", 1, "TR", "09:00", "10:20", "HAL", "101", *DATES),
        ("S3", 1, "MWF", "11:00", "11:50", "HAL", "102", *DATES),
        ("S4", 1, "MWF", "11:00", "11:50", "HAL", "102", *DATES),
    ],
    "section_instructors": [("S1", "I2", 100, "True")],
    "relationships": [("X1", TERM, "CROSSLIST", 60)],
    "relationship_members": [("X1", "S3", "True"), ("X1", "S4", "False")],
}


@dataclass(kw_only=True)
class Campus:
    """Tandem and the fake SIS. What `options` says is the query of its ``SIS_URL``."""

    folder: Path
    options: str = ""
    adapter: MemoryAdapter = field(init=False)
    registrar: User | None = None

    def __post_init__(self):
        if not self.folder.exists():
            write_folder(self.folder, TABLES)
        self.adapter = MemoryAdapter(
            path=self.folder, options=SisOptions.parse(dict(parse_qsl(self.options)))
        )
        if self.registrar is None:
            self.registrar = User.objects.create_user("kim", has_scheduling=True)
            role = Role.objects.get_or_create(code="REGISTRAR", defaults={"name": "Registrar"})[0]
            RoleAssignment.objects.create(user=self.registrar, role=role, is_for_all_departments=True)

    @property
    def url(self):
        return f"memory://{self.folder}?{self.options}"

    def grow(self, count):
        """More sections in the SIS: G00, G01, …"""
        for number in range(count):
            row = section_row(f"G{number:02d}", "C1", f"G{number:02d}")
            values = dict(zip(COLUMNS["sections"], row, strict=True))
            values["course"] = values.pop("course_id")
            sis_id, term = values.pop("id"), values.pop("term")
            self.adapter.add("sections", term, sis_id, **values, meetings=[], instructors=[])

    # ---- merging

    def load(self):
        """Everything from the SIS, as a first import brings it."""
        return self.merge(list(MergeType))

    def try_merge(self, types=SENDABLE_TYPES, **options):
        return execute(list(types), terms=[TERM], adapter=self.adapter, options=Options(**options))

    def merge(self, types=SENDABLE_TYPES, **options):
        outcome = self.try_merge(types, **options)
        assert outcome.error is None, outcome.error
        return outcome

    def sweep(self):
        return sweep(self.adapter)

    def enable(self, types=TERM_TYPES, *, send=True, real_time=True, nightly=True, until=None):
        return enable_term(
            Term.objects.get(pk=TERM),
            types=types,
            is_sending=send,
            is_real_time=real_time,
            is_nightly=nightly,
            until=until,
            actor=None,
            now=timezone.now(),
        )

    def settings(self, **types):
        """Save merge settings: ``sections={"sources": …}``."""
        document = MergeSettings(types={name: TypeSettings(**rules) for name, rules in types.items()})
        return save_settings(document, actor=self.registrar, reason="test", now=timezone.now())

    # ---- people

    def author(self):
        return Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, user=self.registrar)

    def id_of(self, sis_id):
        return Section.objects.get(term=TERM, sis_id=sis_id).pk

    def group(self, sis_id="X1"):
        return Relationship.objects.get(term=TERM, sis_id=sis_id)

    def edit(self, section, **changes):
        """Of a section (SIS id or our id), as the registrar."""
        pk = section if isinstance(section, int) else self.id_of(section)
        return sections.update_section(pk, changes, author=self.author())

    def create(self, number="Z", course="C1", **values):
        given = {"course": course, "section_number": number, "title": "New"} | values
        return sections.create_section(TERM, given, author=self.author()).section_id

    def delete(self, sis_id):
        sections.delete_section(self.id_of(sis_id), author=self.author())

    def crosslist(self, *members):
        return relationships.create_relationship(
            TERM, kind="CROSSLIST", members=members, primary=None, capacity=None, author=self.author()
        ).relationship_id

    def resolve(self, conflict, choice, **given):
        kind = record_type_of(
            MergeType(conflict.link.merge_type), TERM, settings=read(active_version()), adapter=self.adapter
        )
        return resolve(
            conflict.pk,
            choice,
            kind=kind,
            actor=self.registrar,
            author=self.author(),
            now=timezone.now(),
            **given,
        )

    def audit_of(self, conflict):
        return ChangeLog.objects.get(record_type="conflict", record_id=str(conflict.pk))

    def assert_settled(self):
        """Nothing is open, and once a merge has followed the choice another one has nothing to do."""
        assert self.merge(sends=True).exit_code == 0
        writes = len(self.adapter.journal())
        for run in self.merge(sends=True).runs:
            assert run.counts["unchanged"] == run.counts["read"]
        assert len(self.adapter.journal()) == writes
        assert not Conflict.objects.filter(status=Conflict.Status.OPEN).exists()

    # ---- looking

    def conflict(self):
        """The one open conflict."""
        return Conflict.objects.select_related("link").get(status=Conflict.Status.OPEN)

    def section(self, sis_id):
        return Section.objects.get(term=TERM, sis_id=sis_id)

    def in_sis(self, sis_id):
        return self.adapter.sections(TERM)[sis_id]

    def row(self, sis_id):
        return OutboundChange.objects.get(link=Link.objects.get(term=TERM, sis_id=sis_id))

    def status(self, section):
        assert_kept_is_true(TERM)
        pk = section if isinstance(section, int) else self.id_of(section)
        found = status_of_sections([pk], Standing(timezone.now(), capabilities=self.adapter.capabilities))
        return found[pk]

    def codes(self, section):
        return [reason["code"] for reason in self.status(section)["reasons"]]

    def explain(self, section, name):
        pk = section if isinstance(section, int) else self.id_of(section)
        return explain(pk, name, now=timezone.now(), capabilities=self.adapter.capabilities)


@contextmanager
def loaded_once(folder):
    """A campus after its first import, for many tests; at the end the import is taken back."""
    with transaction.atomic():
        campus = Campus(folder=folder)
        campus.load()
        campus.adapter.close()
        yield campus
        transaction.set_rollback(True)
