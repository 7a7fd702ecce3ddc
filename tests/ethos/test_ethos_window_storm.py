"""Many edits on both sides, and whenever Tandem writes somebody may be quicker.

Every value that is written over is counted at the SIS, and each is found again: in a conflict or in a
decision of the settings; unless somebody in the SIS wrote the same field anew, and so had seen our value.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.utils import timezone

from integration.feed import follow
from integration.models import AwaitedEcho, Conflict, Link, OutboundChange, PlanRow
from integration.resolving import Choice
from integration.sweep import sweep
from scheduling.models import Section
from tests.campus import DATES, TABLES, TERM, section_row
from tests.ethos.http_campus import USUAL, HttpCampus

SECTIONS = [f"M{number:02}" for number in range(12)]
ROUNDS = 6
FIELDS = ("title", "capacity", "notes", "meetings", "instructors")
SOURCES = {
    "title": "ASK",
    "capacity": "PREFER_SIS",
    "notes": "PREFER_TANDEM",
    "meetings": "ASK",
    "instructors": "PREFER_SIS",
}
ROOMS = {one: f"2{one[1:]}" for one in SECTIONS}
TEAMS = {one: (f"A{one[1:]}", f"B{one[1:]}") for one in SECTIONS}
"""Each section has a room and people of its own: none of the edits is refused."""
OWN = {"sections": ("title", "capacity", "notes")}
RESOURCES = {**OWN, "instructional-events": ("meetings",), "section-instructors": ("instructors",)}


@dataclass(kw_only=True)
class Storm:
    """Edits on both sides. `standing`: what somebody wrote there while we wrote, by section and
    field; `covered`: (section, field, value) of those that a write of ours covered.
    """

    college: HttpCampus
    seed: int
    count: int = 0
    covered: list = field(default_factory=list)
    standing: dict = field(default_factory=dict)
    edits: Counter = field(default_factory=Counter)

    def __post_init__(self):
        self.random = random.Random(self.seed)

    def fresh(self, name):
        """A value that was never there; of a list, what is new in an item."""
        self.count += 1
        hour, minute = divmod(self.count, 60)
        match name:
            case "capacity":
                return 100 + self.count
            case "meetings":
                times = {
                    "start_time": f"{8 + hour:02}:{minute:02}",
                    "end_time": f"{12 + hour:02}:{minute:02}",
                }
                return {"days": self.random.choice(["MWF", "TR"]), **times}
            case "instructors":
                return self.count / 4
        return f"{name} {self.count}"

    # ---- Tandem

    def edit_here(self):
        for sis_id in self.random.sample(SECTIONS, 8):
            name = self.random.choice(FIELDS)
            value = self.fresh(name)
            if name == "meetings":
                place = {"building": "HAL", "room": ROOMS[sis_id]}
                value = [{**value, **place, "start_date": DATES[0], "end_date": DATES[1]}]
            if name == "instructors":
                first, second = TEAMS[sis_id]
                team = [(first, value, True), (second, 100 - value, False)]
                value = [
                    {"instructor": who, "percent": share, "is_primary": leads} for who, share, leads in team
                ]
            self.college.edit(sis_id, **{name: value})

    # ---- the SIS

    def rows(self, sis_id):
        line = {**self.college.row(sis_id), "meetings": self.college.rows_of(sis_id, "meetings")}
        return {**line, "instructors": self.college.rows_of(sis_id, "section_instructors")}

    def edit_there(self, sis_id, name):
        """Change one field; what it is then, as a conflict shows it."""
        line, value = self.rows(sis_id), self.fresh(name)
        if name == "meetings":
            line["meetings"][0] = {**line["meetings"][0], **value}
        elif name == "instructors":
            shares = dict(zip(TEAMS[sis_id], (value, 100 - value), strict=True))
            line["instructors"] = [
                {**one, "percent": str(shares[one["instructor_id"]])} for one in line["instructors"]
            ]
        else:
            line[name] = str(value)
        self.college.sis.apply_revision({"upsert": [line]})
        return self.mark(sis_id, name)

    def mark(self, sis_id, name):
        """What stands in the field at the SIS: of a list, of the item that is edited there."""
        line = self.rows(sis_id)
        if name == "meetings":
            return line["meetings"][0]["start_time"]
        if name == "instructors":
            return next(float(one["percent"]) for one in line[name] if one["instructor_id"][0] == "A")
        return line[name]

    # ---- between the two

    def blow(self, client):
        """From now on every write of ours may meet an edit of the same section, and a look at the feed."""
        inner = type(client).write
        sections = {one.sis_id: one.section.crn for one in Link.objects.filter(section__isnull=False)}

        def write(how, to, guid, body=None):
            sis_id = sections.get((body or {}).get("section", {}).get("id", guid))
            names = RESOURCES.get(to, ()) if how == "PUT" and sis_id in SECTIONS else ()
            if names and self.random.random() < 0.6:
                name = self.random.choice(names)
                self.covered = [one for one in self.covered if one[:2] != (sis_id, name)]  # they saw ours
                self.standing[sis_id, name] = self.edit_there(sis_id, name)
                self.edits[name] += 1
            if self.random.random() < 0.2:
                follow(self.college.adapter)
            try:
                return inner(client, how, to, guid, body)
            finally:
                for key, value in list(self.standing.items()):
                    if self.mark(*key) != value:
                        self.covered.append((*key, self.standing.pop(key)))

        client.write = write

    def found(self):
        """(section, field, value) of all that conflicts and decisions of the settings tell of the SIS."""
        told = set()
        sections = dict(Section.objects.filter(term=TERM).values_list("link", "crn"))
        conflicts = Conflict.objects.values_list("link", "field", "theirs")
        rows = PlanRow.objects.exclude(fields={}).values_list("link", "fields")
        decided = [(link, name, one["theirs"]) for link, fields in rows for name, one in fields.items()]
        for link, name, theirs in (*conflicts, *decided):
            told |= {(sections[link], name, mark) for mark in marks(name, theirs)}
        return told


def marks(name, theirs):
    if name == "meetings":
        return [one["start_time"] for one in theirs or ()]
    if name == "instructors":
        return [float(one["percent"]) for one in theirs or ()]
    return [str(theirs)]


@pytest.fixture
def college(db, settings, tmp_path):
    rows = [section_row(sis_id, "C1", sis_id, **USUAL) for sis_id in SECTIONS]
    tables = {
        **TABLES,
        "sections": rows,
        "rooms": [("HAL", room, 40, "") for room in ROOMS.values()],
        "instructors": [(one, "Ada", one, "", "BIO") for team in TEAMS.values() for one in team],
        "meetings": [(one, 1, "MWF", "07:00", "07:50", "HAL", ROOMS[one], *DATES) for one in SECTIONS],
        "section_instructors": [
            (one, who, share, str(share > 50))
            for one in SECTIONS
            for who, share in zip(TEAMS[one], (60, 40), strict=True)
        ],
        "relationships": [],
        "relationship_members": [],
    }
    made = HttpCampus(folder=tmp_path / "sis", profile="colleague", tables=tables)
    made.load()
    made.enable()
    made.use(settings)
    made.settings(sections={"sources": SOURCES})
    yield made
    made.close()


def settle(college, storm):
    """People settle what is held, looks and deliveries follow, until nothing is left."""
    for _round in range(12):
        OutboundChange.objects.filter(state="PARKED").update(state="WAITING")
        OutboundChange.objects.exclude(state="DONE").update(next_attempt_at=timezone.now())
        follow(college.adapter)
        sweep(college.adapter)
        held = list(Conflict.objects.filter(status="OPEN").select_related("link"))
        for conflict in held:
            college.resolve(conflict, storm.random.choice([Choice.OURS, Choice.THEIRS]))
        if not held and not OutboundChange.objects.exclude(state="DONE").exists():
            return
    raise AssertionError(list(OutboundChange.objects.exclude(state="DONE").values()))


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 9))])
def test_every_value_that_is_written_over_is_found_again(college, seed):
    storm = Storm(college=college, seed=seed)
    follow(college.adapter)
    for number in range(ROUNDS):
        storm.edit_here()
        storm.blow(college.adapter.client)
        if number % 2:
            lost = {"when": {"method": "PUT"}, "then": "timeout_after_effect", "p": 0.1, "seed": number}
            college.sis.faults.add([lost])
        sweep(college.adapter)
        college.sis.faults.add([])
        college.adapter.client.__dict__.pop("write")
        storm.standing.clear()
        if number % 2:
            settle(college, storm)
    settle(college, storm)
    lost = set(storm.covered) - storm.found()
    assert not lost
    assert len(storm.covered) > 10
    for run in college.run("all", "--send-updates").runs:
        assert run["counts"]["unchanged"] == run["counts"]["read"], run
    assert not Link.objects.exclude(covered={}).exists()
    assert not AwaitedEcho.objects.exists()
