"""The heaviest days of a real term while departments edit: both sides meet and nothing is lost.

Between the nights a third of the sections is edited here (seeded), each night sends to the SIS. History is
kept on both sides, so that at the end every last value of either side can be accounted for.
"""

import random
from collections import defaultdict
from contextlib import contextmanager
from typing import ClassVar

import msgspec
import pytest

from integration.linkstate import baseline_of
from integration.merge.canonical import plain
from integration.models import Conflict, Link, OutboundChange, PlanRow
from integration.resolving import CannotSettle, Choice, resolve
from integration.sis.memory import MemoryAdapter
from integration.sis.port import MergeType
from scheduling.domain.errors import DomainError
from scheduling.models import Course, Instructor, Role, RoleAssignment, Room, Section, User
from scheduling.services.audit import Author
from scheduling.services.sections import cancel_section, create_section, delete_section, update_section
from tests.kept_columns import assert_kept_is_true

pytestmark = [pytest.mark.realdata, pytest.mark.django_db]
HEAVY_DAYS = 40
SIS_OWNED = {"crn", "enrollment", "waitlisted"}


class Watched(MemoryAdapter):
    """The fake SIS, with somebody looking over its shoulder: which writes changed nothing?"""

    @contextmanager
    def writing(self, **named):
        with super().writing(**named) as writer:
            yield Watch(writer, self, named["term"])


class Watch:
    pointless: ClassVar[list] = []

    def __init__(self, writer, adapter, term):
        self.writer, self.adapter, self.term = writer, adapter, term
        self.create, self.cancel, self.delete = writer.create, writer.cancel, writer.delete

    def update(self, merge_type, sis_id, changes, **named):
        before = self.adapter.state.get(merge_type.value, sis_id)
        written = self.writer.update(merge_type, sis_id, changes, **named)
        after = self.adapter.state.get(merge_type.value, sis_id)
        self.pointless.extend((sis_id, name) for name in changes if before[0].get(name) == after[0].get(name))
        return written


class Department:
    """Edits sections as people do, from a seed; keeps what was accepted."""

    def __init__(self, college, seed):
        self.college, self.random = college, random.Random(seed)
        self.user = User.objects.create(username="registrar", has_scheduling=True)
        role, _made = Role.objects.get_or_create(code="REGISTRAR", name="Registrar")
        RoleAssignment.objects.create(user=self.user, role=role, is_for_all_departments=True)
        self.accepted = self.refused = 0
        self.edited: set[int] = set()
        self.rooms = list(Room.objects.order_by("id").values_list("building_id", "number"))
        self.people = list(Instructor.objects.order_by("sis_id").values_list("sis_id", flat=True))

    def author(self):
        return Author(now=self.college.clock(), source="COMMAND", user=self.user)

    def candidates(self):
        active = Section.objects.filter(term_id=self.college.term, status="ACTIVE")
        return list(active.order_by("id").values_list("id", flat=True))

    def edit(self, count, histories):
        ids = self.candidates()
        chosen = self.random.sample(ids, min(count, len(ids)))
        before, values = self.college.ours(chosen), self.college.kind.ours(chosen)
        for pk in chosen:
            way = self.random.choices([self.change, self.cancel, self.delete, self.create], [90, 3, 3, 4])[0]
            try:
                way(pk, values[pk].values)
            except DomainError:
                self.refused += 1
            else:
                self.accepted += 1
                self.edited.add(pk)
        histories.note(histories.ours, before, self.college.ours(chosen))

    def change(self, pk, values):
        names = self.random.sample(["title", "capacity", "notes", "meetings", "instructors", "credits"], 2)
        update_section(pk, {name: self.other(name, values) for name in names}, author=self.author())

    def other(self, name, values):
        tag = self.random.randrange(1000)
        match name:
            case "title":
                return f"{str(values['title'])[:60]} {tag}"
            case "capacity":
                return tag % 60
            case "notes":
                return self.random.choice([f"Bring a calculator ({tag}).", ""])
            case "credits":
                return self.random.choice(["0.50", "1.00", "1.25"])
            case "instructors":
                people = self.random.sample(self.people, 2)
                return [{"instructor": who, "percent": 50, "is_primary": who == people[0]} for who in people]
            case "meetings":
                moved = [dict(msgspec.structs.asdict(one)) for one in values["meetings"]]
                for one in moved[:1]:
                    one["building"], one["room"] = self.random.choice(self.rooms)
                return moved
        raise AssertionError(name)

    def cancel(self, pk, _values):
        cancel_section(pk, author=self.author())

    def delete(self, pk, _values):
        delete_section(pk, author=self.author())

    def create(self, _pk, _values):
        course = self.random.choice(
            list(
                Course.objects.filter(term_id=self.college.term)
                .order_by("id")
                .values_list("sis_id", flat=True)
            )
        )
        number = f"N{self.random.randrange(1000)}"
        values = {"course": course, "section_number": number, "title": f"New {number}", "capacity": 12}
        create_section(self.college.term, values, author=self.author())


class Histories:
    """Every value that either side held, in the order of time: (record, field) -> [(moment, value)]."""

    def __init__(self):
        self.moment = 0
        self.ours, self.theirs = defaultdict(list), defaultdict(list)

    def note(self, side, before, after):
        """Note what people changed on one side between two looks."""
        self.moment += 1
        for record, values in after.items():
            for name, value in values.items():
                if record in before and before[record].get(name) != value:
                    side[record, name].append((self.moment, plain(value)))


def play(college, days, *, seed, share):
    """The nights of `days` with edits between them; other days pass in the SIS without a merge."""
    college.load()
    college.enable()
    department, histories = Department(college, seed), Histories()
    wanted = int(share * Section.objects.filter(term_id=college.term).count())
    per_day = max(1, wanted // len(days))
    for index, revision in enumerate(college.revisions):
        touched = [*revision["delete"], *(row["id"] for row in revision["upsert"])]
        before = college.theirs(touched)
        college.adapter.apply_revision(revision)
        histories.note(histories.theirs, before, college.theirs(touched))
        if index in days:
            department.edit(per_day, histories)
            assert_kept_is_true(college.term)
            college.night(sends=True)
            assert_kept_is_true(college.term)
    return department, histories


def settle(college, department, seed):
    """No more edits: nights until nothing is held, with a person choosing."""
    person = random.Random(seed)
    for _round in range(6):
        college.night(sends=True)
        conflicts = list(college.open_conflicts().select_related("link").order_by("id"))
        for conflict in conflicts:
            decide(conflict, person.choice(list(Choice)), college=college, actor=department.user)
        if not conflicts:
            return
    raise AssertionError([f"{one} {one.kind} {one.note}" for one in college.open_conflicts()])


def decide(conflict, choice, *, college, actor):
    """Choose, and the other way out where this one is refused: students are never removed from here."""
    given = {
        "kind": college.kind_of(MergeType(conflict.link.merge_type)),
        "actor": actor,
        "author": Author(now=college.clock(), source="COMMAND", user=actor),
        "now": college.clock(),
    }
    try:
        resolve(conflict.pk, choice, **given)
    except CannotSettle:
        assert conflict.kind == Conflict.Kind.ENROLLED
        resolve(conflict.pk, Choice.THEIRS, **given)


def assert_both_sides_equal(college):
    ours, theirs = college.ours(), college.theirs()
    assert ours.keys() == theirs.keys()
    for record, values in ours.items():
        assert values == theirs[record], record
    links = Link.objects.filter(merge_type="sections", term_id=college.term, section__isnull=False)
    states = college.kind.ours([link.section_id for link in links])
    for link in links:
        base = baseline_of(link)
        for name, value in ours[link.sis_id].items():
            assert base.ours_of(name) == value, (link.sis_id, name)  # base honesty
        assert link.sent == []
        assert link.agreed_version == states[link.section_id].version


def assert_nothing_lost(college, histories):
    """Each side's last value is live, or a later write replaced it, or both values are on record."""
    final = college.ours()
    recorded = defaultdict(list)
    rows = PlanRow.objects.filter(plan__term_id=college.term).values_list("record_key", "fields")
    for record, fields in rows.iterator():
        for name, shown in fields.items():
            recorded[record, name].extend([shown["ours"], shown["theirs"]])
    for one in Conflict.objects.filter(link__term_id=college.term).select_related("link"):
        recorded[one.link.sis_id, one.field].extend([one.ours, one.theirs])
    for mine, other in ((histories.ours, histories.theirs), (histories.theirs, histories.ours)):
        for (record, name), values in mine.items():
            moment, value = values[-1]
            if record not in final or name in SIS_OWNED:
                continue  # removed since, on record as a whole; or never ours to lose
            is_live = plain(final[record][name]) == value
            is_replaced = any(later > moment for later, _value in other.get((record, name), ()))
            assert is_live or is_replaced or value in recorded[record, name], (record, name, value)


def heaviest(college, count):
    sizes = [(len(one["upsert"]) + len(one["delete"]), index) for index, one in enumerate(college.revisions)]
    return {index for _size, index in sorted(sizes, reverse=True)[:count]}


@pytest.fixture
def watched(college):
    college.adapter = Watched(path=college.adapter.path, options=college.adapter.options)
    Watch.pointless = []
    yield college
    college.adapter.close()


def run_and_check(college, days, seed):
    department, histories = play(college, days, seed=seed, share=1 / 3)
    assert department.accepted > 100
    settle(college, department, seed)
    written = len(college.adapter.journal())
    assert written > 100
    runs = college.night(sends=True)
    assert [run.counts["unchanged"] for run in runs] == [run.counts["read"] for run in runs]
    assert len(college.adapter.journal()) == written
    assert_both_sides_equal(college)
    assert_nothing_lost(college, histories)
    assert Watch.pointless == []
    waiting = OutboundChange.objects.exclude(state="DONE").select_related("link")
    assert [(str(one), one.link.state, one.error_class) for one in waiting] == []


def test_edits_on_both_sides_over_the_heaviest_days_converge_and_lose_nothing(watched):
    run_and_check(watched, heaviest(watched, HEAVY_DAYS), seed=20241)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_edits_on_both_sides_over_all_days_converge_and_lose_nothing(watched, seed):
    run_and_check(watched, set(range(len(watched.revisions))), seed=seed)
