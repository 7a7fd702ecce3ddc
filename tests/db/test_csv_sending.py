"""Sending to a SIS that exchanges folders: sent, awaited, confirmed by a later drop, or refused and said."""

import datetime as dt
import os

import pytest
import time_machine

from integration.models import Link, LinkState, OutboundChange
from integration.sis.memory import MemoryAdapter
from integration.sis.port import SENDABLE_TYPES, TERM_TYPES
from integration.terms import enable_term
from scheduling.models import ChangeLog, Role, RoleAssignment, Section, Term, User
from scheduling.services import relationships, sections
from scheduling.services.audit import Author
from tandem_conformance.drop_sis import DropSis, rows_of
from tandem_conformance.institution import TERM, write_institution
from tests.merge_desk import execute_merge

pytestmark = pytest.mark.django_db
START = dt.datetime(2024, 7, 1, 12, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


class Office:
    """Tandem's registrar on one side, the SIS on the other, a folder between them, and the calendar."""

    def __init__(self, sis, clock):
        self.sis, self.clock = sis, clock
        self.registrar = User.objects.create_user("kim", has_scheduling=True)
        role = Role.objects.get_or_create(code="REGISTRAR", defaults={"name": "Registrar"})[0]
        RoleAssignment.objects.create(user=self.registrar, role=role, is_for_all_departments=True)

    @property
    def now(self):
        return dt.datetime.now(dt.UTC)

    @property
    def author(self):
        return Author(now=self.now, source=ChangeLog.Source.COMMAND, user=self.registrar)

    def start(self):
        assert execute_merge("all", "--term", TERM).exit_code == 0
        enable_term(
            Term.objects.get(pk=TERM),
            types=TERM_TYPES,
            is_sending=True,
            is_nightly=True,
            is_real_time=False,
            until=None,
            actor=self.registrar,
            now=self.now,
        )

    def merge(self, merge_type="sections"):
        return execute_merge(merge_type, "--term", TERM, "--send-updates")

    def edit(self, sis_id, **changes):
        pk = Section.objects.get(term=TERM, sis_id=sis_id).pk
        sections.update_section(pk, changes, author=self.author)

    def create(self, **values):
        given = {"course": "MATH120", "section_number": "Z", "title": "New", "capacity": 20} | values
        return sections.create_section(TERM, given, author=self.author).section_id

    def days_pass(self, days=1):
        self.clock.shift(days * DAY)

    def sent(self, name="sections"):
        """Action and id of every row that was handed over."""
        return [(row["action"], row["id"]) for path in self.sis.sent() for row in rows_of(path, name)]


@pytest.fixture(autouse=True)
def _nothing_has_to_survive_a_power_failure(monkeypatch):
    """A drop is flushed to the disk file by file; here it need not be."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


@pytest.fixture
def office(db, tmp_path, settings, request):
    books = MemoryAdapter(path=write_institution(tmp_path / "books"))
    sis = DropSis(books, tmp_path / "drop", has_refs=getattr(request, "param", True))
    settings.SIS_URL = f"csv://{sis.folder}"
    with time_machine.travel(START, tick=True) as clock:
        made = Office(sis, clock)
        made.start()
        yield made
    books.close()


def link(sis_id):
    return Link.objects.get(term=TERM, sis_id=sis_id)


def counts(answer, *names):
    return {name: answer.counts[name] for name in names if name in answer.counts}


def test_a_change_is_sent_once_awaited_and_confirmed_by_a_later_drop(office):
    office.edit("S002", title="Calculus One")

    first = office.merge()
    assert (first.exit_code, first.counts) == (0, {"read": 6, "unchanged": 5, "sis_update": 1, "awaiting": 1})
    assert office.sent() == [("UPDATE", "S002")]
    assert rows_of(office.sis.sent()[0], "sections")[0]["title"] == "Calculus One"

    again = office.merge()
    assert (again.exit_code, again.counts) == (0, {"read": 6, "unchanged": 6, "awaiting": 1})
    assert len(office.sis.sent()) == 1, "not sent again before the horizon"
    assert link("S002").baseline["title"] == "Calculus I", "the base is honest until the SIS shows it"

    office.sis.import_all()
    office.sis.drop()
    confirmed = office.merge()
    assert (confirmed.exit_code, confirmed.counts) == (0, {"read": 6, "unchanged": 6})
    assert link("S002").baseline["title"] == "Calculus One"
    assert link("S002").sent == []
    quiet = office.merge()
    assert (quiet.counts, len(office.sis.sent())) == ({"read": 6, "unchanged": 6}, 1)
    assert OutboundChange.objects.get(link=link("S002")).state == OutboundChange.State.DONE


@pytest.mark.parametrize("office", [True, False], indirect=True, ids=["with reference", "without"])
def test_a_new_section_is_recognised_in_a_later_drop(office):
    pk = office.create()

    first = office.merge()
    assert (first.exit_code, counts(first, "sis_create", "awaiting")) == (0, {"sis_create": 1, "awaiting": 1})
    assert office.sent() == [("CREATE", "")]
    again = office.merge()
    assert (counts(again, "sis_create", "awaiting"), len(office.sent())) == ({"awaiting": 1}, 1)

    office.sis.import_all()
    office.sis.drop()
    confirmed = office.merge()
    assert confirmed.exit_code == 0
    assert counts(confirmed, "local_create", "sis_create", "awaiting") == {}
    made = Section.objects.get(pk=pk)
    assert made.sis_id in office.sis.books.sections(TERM)
    assert Link.objects.get(section=made).state == LinkState.LINKED
    assert Section.objects.filter(term=TERM).count() == 7
    assert office.merge().counts == {"read": 7, "unchanged": 7}
    assert len(office.sent()) == 1


def test_what_the_sis_did_not_take_is_said_after_the_horizon_and_sent_again(office):
    """A batch import refuses in silence: the drop of the next day still shows the old value."""
    office.edit("S002", title="Calculus One")
    office.merge()
    office.days_pass(2)
    office.sis.books.edit("S005", enrollment="13")
    office.sis.drop()

    answer = office.merge()

    assert office.sent() == [("UPDATE", "S002")] * 2
    assert counts(answer, "sis_update", "awaiting") == {"sis_update": 1, "awaiting": 1}
    (said,) = answer.run["issues"]
    assert (said["code"], said["record"], said["field"]) == ("NOT_CONFIRMED", "S002", "title")
    assert "The title of MATH 120 A was sent on 1 Jul 2024" in said["message"]
    assert office.merge().notices == [], "said once for each time it was sent"


def test_a_creation_and_a_removal_that_the_sis_did_not_take_are_said(office):
    office.create()
    sections.cancel_section(Section.objects.get(sis_id="S006").pk, author=office.author)
    sections.delete_section(Section.objects.get(sis_id="S004").pk, author=office.author)
    assert office.merge().notices == []
    office.days_pass(2)
    office.sis.books.edit("S005", enrollment="13")
    office.sis.drop()

    answer = office.merge()

    said = [issue["message"].partition(" was sent")[0] for issue in answer.run["issues"]]
    assert sorted(said) == [
        "The delete request of MATH 126 A",
        "The new MATH 120 Z",
        "The status of MATH 120 C",
    ]
    assert len(office.sent()) == 6


def test_a_creation_is_not_sent_again_before_another_drop_has_been_read(office):
    """The folder still holds the old drop: that the new section is not in it tells nothing, however late."""
    pk = office.create()
    office.merge()
    office.days_pass(2)
    office.merge()
    sections.update_section(pk, {"title": "Newer"}, author=office.author)
    office.merge()
    assert office.sent() == [("CREATE", "")]

    office.sis.import_all()
    office.sis.drop()
    office.merge()
    assert [action for action, _id in office.sent()] == ["CREATE", "UPDATE"]
    assert len(office.sis.books.sections(TERM)) == 7


def test_what_the_sis_changed_instead_is_merged_and_said(office):
    """Sent "Calculus One"; a day later the drop shows "Analysis": both sides changed it, a person decides."""
    office.edit("S002", title="Calculus One")
    office.merge()
    office.days_pass(2)
    office.sis.books.edit("S002", title="Analysis")
    office.sis.drop()

    answer = office.merge()

    assert answer.exit_code == 1
    assert answer.counts["held"] == 1
    assert Section.objects.get(sis_id="S002").title == "Calculus One"
    assert office.sent() == [("UPDATE", "S002")]


def test_a_second_edit_while_the_first_is_in_flight_goes_after_it(office):
    office.edit("S002", title="Calculus One")
    office.merge()
    office.edit("S002", title="Calculus 1")
    assert counts(office.merge(), "awaiting") == {"awaiting": 1}
    office.sis.import_all()
    office.sis.drop()

    answer = office.merge()

    assert counts(answer, "sis_update", "awaiting") == {"sis_update": 1, "awaiting": 1}
    office.sis.import_all()
    office.sis.drop()
    assert office.merge().counts == {"read": 6, "unchanged": 6}
    assert office.sis.books.sections()["S002"]["title"] == "Calculus 1"


def test_an_edit_of_another_field_in_the_sis_meanwhile_is_not_taken_back(office):
    office.edit("S002", title="Calculus One")
    office.sis.books.edit("S002", capacity="44")
    office.sis.drop()
    office.merge()
    office.sis.import_all()
    office.sis.drop()
    office.merge()
    shown = office.sis.books.sections()["S002"]
    assert (shown["title"], shown["capacity"]) == ("Calculus One", "44")
    here = Section.objects.get(sis_id="S002")
    assert (here.title, here.capacity) == ("Calculus One", 44)


def test_a_cancelled_and_a_deleted_section_are_confirmed(office):
    sections.cancel_section(Section.objects.get(sis_id="S006").pk, author=office.author)
    sections.delete_section(Section.objects.get(sis_id="S004").pk, author=office.author)

    first = office.merge()
    assert first.exit_code == 0, first.run
    assert sorted(office.sent()) == [("CANCEL", "S006"), ("DELETE", "S004")]
    assert counts(office.merge(), "sis_cancel", "sis_delete", "awaiting") == {"awaiting": 2}

    office.sis.import_all()
    office.sis.drop()
    answers = [office.merge() for _ in range(2)]
    assert [answer.exit_code for answer in answers] == [0, 0]
    assert office.sis.books.sections()["S006"]["status"] == "CANCELLED"
    assert "S004" not in office.sis.books.sections()
    assert len(office.sent()) == 2
    assert "awaiting" not in answers[-1].counts


def test_a_relationship_of_ours_is_recognised_by_its_members(office):
    members = [Section.objects.get(sis_id=one).pk for one in ("S002", "S006")]
    relationships.create_relationship(
        TERM, kind="LINKED", members=members, primary=None, capacity=None, author=office.author
    )
    first = office.merge("relationships")
    assert counts(first, "sis_create", "awaiting") == {"sis_create": 1, "awaiting": 1}
    assert office.sent("relationships") == [("CREATE", "")]
    office.sis.import_all()
    office.sis.drop()
    confirmed = office.merge("relationships")
    assert confirmed.exit_code == 0
    assert counts(confirmed, "local_create", "sis_create", "awaiting") == {}
    assert office.merge("relationships").counts == {"read": 3, "unchanged": 3}


def test_an_outbound_folder_that_cannot_be_written_loses_nothing(office):
    """Stands for a full disk or missing permissions: nothing was handed over, so nothing is in flight."""
    blocked = office.sis.folder / "outbound"
    blocked.touch()
    office.edit("S002", title="Calculus One")
    office.create()

    answer = office.merge()
    assert answer.exit_code == 4
    assert "cannot be written" in answer.run["error"]["message"]
    assert answer.counts.get("awaiting", 0) == 0
    assert link("S002").sent == []

    blocked.unlink()
    again = office.merge()
    assert again.exit_code == 0
    assert sorted(office.sent()) == [("CREATE", ""), ("UPDATE", "S002")]


def test_every_type_that_is_sent_has_its_own_folder(office):
    office.edit("S002", title="Calculus One")
    group = relationships.create_relationship(
        TERM,
        kind="LINKED",
        members=[Section.objects.get(sis_id=one).pk for one in ("S002", "S006")],
        primary=None,
        capacity=None,
        author=office.author,
    )
    assert group.relationship_id
    answer = office.merge("all")
    assert answer.exit_code == 0
    runs = {run["type"]: run["id"] for run in answer.runs}
    names = [path.name.rpartition("-")[2] for path in office.sis.sent()]
    assert names == [str(runs[one.value]) for one in SENDABLE_TYPES]
