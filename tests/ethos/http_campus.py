"""The small college behind a sandbox SIS: merges go over HTTP, as an institution's would."""

from contextlib import contextmanager
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from integration.sandbox.server import SandboxServer
from integration.sandbox.sis import SandboxSis
from integration.sis.ethos.adapter import EthosAdapter
from integration.sis.ethos.address import Address
from integration.sis.ethos.pace import Pace
from scheduling.models import Relationship, Section
from scheduling.services import relationships
from tests.campus import TABLES, TERM, section_row
from tests.merge_desk import Desk

ZONE = "America/Chicago"
KEY = "0f9b7f0e-6c3a-4a6e-9d57-2f1f6a9f1b11"
USUAL = {"schedule_type": "LEC", "instruction_mode": "P", "campus": "MAIN", "part_of_term": "1"}
COLLEGE = {
    **TABLES,
    "sections": [
        section_row("S1", "C1", "A", **USUAL),
        section_row("S2", "C1", "B", **USUAL, enrollment="12"),
        section_row("S3", "C2", "A", **USUAL),
        section_row("S4", "C2", "B", **USUAL | {"part_of_term": "2", "schedule_type": "LAB"}),
        section_row("S5", "C2", "C", **USUAL),
    ],
    "buildings": [*TABLES["buildings"], ("Online", "Online", "")],
    "section_instructors": [("S1", "I2", 100, "True"), ("S5", "I1", 100, "True")],
    "meetings": [
        *TABLES["meetings"],
        ("S5", 1, "MWF", "14:00", "14:50", "HAL", "103", "2027-02-01", "2027-05-28"),
    ],
}


@dataclass(kw_only=True)
class HttpCampus(Desk):
    """Tandem and the sandbox. `profile` is colleague or banner."""

    profile: str = "colleague"
    tables: dict = field(default_factory=lambda: COLLEGE)
    sis: SandboxSis = field(init=False)
    server: SandboxServer = field(init=False)

    def __post_init__(self):
        super().__post_init__()
        self.sis = SandboxSis(folder=self.folder, profile=self.profile, zone=ZONE, api_key=KEY)
        self.server = SandboxServer(self.sis)
        self.server.__enter__()
        pace = Pace(per_second=5_000, sleep=lambda _seconds: None)
        address = Address.parse(self.url)
        self.adapter = EthosAdapter(address=address, api_key=KEY, pace=pace, zone=ZoneInfo(ZONE))
        self.adapter.client.sleep = pace.sleep

    @property
    def url(self):
        return f"ethos+{self.server.url}?profile={self.profile}" if hasattr(self, "server") else ""

    def use(self, settings):
        """From now on the commands of this test go there; the SIS is as it was in the beginning."""
        self.sis.reset()
        self.sis.denied = {}
        settings.SIS_URL, settings.SIS_API_KEY, settings.TIME_ZONE = self.url, KEY, ZONE
        settings.SIS_MAX_REQUESTS_PER_SECOND = 5_000
        return self

    def close(self):
        self.adapter.close()
        self.server.__exit__(None, None, None)

    def id_of(self, sis_id):
        return Section.objects.get(term=TERM, crn=sis_id).pk

    def row(self, sis_id, table="sections", key="id"):
        (found,) = [one for one in self.sis.export()[table] if one[key] == sis_id]
        return found

    def rows_of(self, sis_id, table):
        return [one for one in self.sis.export()[table] if one["section_id"] == sis_id]

    def group_here(self):
        """The only crosslist."""
        return Relationship.objects.get(term=TERM)

    def regroup(self, group, **changes):
        return relationships.update_relationship(group.pk, author=self.author(), **changes)

    def edit_in_sis(self, *sis_ids, **changes):
        """What somebody does in the SIS itself."""
        for sis_id in sis_ids:
            line = {**self.row(sis_id), "meetings": self.rows_of(sis_id, "meetings")}
            line["instructors"] = self.rows_of(sis_id, "section_instructors")
            self.sis.apply_revision({"upsert": [{**line, **changes}]})

    @contextmanager
    def at_the_write(self, deed, *, resource="sections", method="PUT", after=False):
        """Somebody does `deed` in the SIS just before (after) our next write to the resource."""
        client, inner = self.adapter.client, self.adapter.client.write
        deeds = [deed]

        def write(how, to, guid, body=None):
            strikes = bool(deeds) and (how, to) == (method, resource)
            if strikes and not after:
                deeds.pop()()
            answer = inner(how, to, guid, body)
            if strikes and after:
                deeds.pop()()
            return answer

        client.write = write
        try:
            yield
        finally:
            client.write = inner
        assert not deeds, "nothing was written there"

    def written(self):
        return [(one["method"], one["resource"]) for one in self.sis.journal if one["took_effect"]]
