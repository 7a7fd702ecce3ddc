"""The database itself refuses what must not be, whoever writes: every constraint has its case."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from integration.models import (
    Conflict,
    Link,
    MergeProfile,
    MergeProfileVersion,
    MergeRequest,
    MergeRun,
    MergeState,
    OutboundChange,
    Plan,
    PlanRow,
    RunIssue,
    TermSwitch,
)
from scheduling.models import (
    ApiToken,
    Campus,
    ChangeLog,
    ChangeRequest,
    Course,
    CustomField,
    InstructorAssignment,
    Meeting,
    Relationship,
    RelationshipMember,
    RoleAssignment,
    Room,
    Section,
    Term,
    User,
)

APPS = ("scheduling", "integration")
"""Those of phases are in `phases/test_phase_constraints.py`."""
MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]
TARGETS = {"course_with_term", "section_with_term", "relationship_with_kind_and_term"}
"""Unique because the primary key is: they are only there for the composite foreign keys to point at."""


class World:
    """One row in every table, and a second term, course, section and relationship to clash with."""

    def __init__(self, schedule):
        self.schedule, self.term = schedule, schedule.term
        now = schedule.now
        schedule.room()
        schedule.room("102")
        schedule.instructor("I1")
        schedule.instructor("I2")
        Campus.objects.create(code="N")
        self.fall = Term.objects.create(
            code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17"
        )
        self.course, self.other_course = schedule.course(), schedule.course("CHE", "200")
        mwf = {"days": "MWF", "start_time": "09:00", "end_time": "09:50", "building": "HAL", "room": "101"}
        sections = [
            schedule.imported(self.course, number=f"0{n}", meetings=[mwf], team=["I1", "I2"])
            for n in (1, 2, 3)
        ]
        self.sections = [Section.objects.get(pk=pk) for pk in sections]
        self.section = self.sections[0]
        Section.objects.update(
            reserved_number=models.F("section_number"),
            capacity=1,
            waitlist_capacity=1,
            enrollment=1,
            waitlisted=1,
        )
        self.groups = [
            Relationship.objects.create(term=self.term, kind=kind, sis_id=f"X-{kind}", capacity=9)
            for kind in ("CROSSLIST", "LINKED")
        ]
        for group in self.groups:
            for one in self.sections[:2]:
                self.member(group, one)
        self.profile = MergeProfile.objects.get()
        self.version = MergeProfileVersion.objects.get()
        self.links = [
            Link.objects.create(
                merge_type="sections", term=self.term, section=one, sis_id=one.sis_id, state="LINKED"
            )
            for one in self.sections[:2]
        ]
        self.link = self.links[0]
        OutboundChange.objects.create(
            link=self.link, merge_type="sections", term=self.term, next_attempt_at=now
        )
        self.conflict = Conflict.objects.create(link=self.link, field="title", opened_at=now)
        self.run = MergeRun.objects.create(merge_type="sections", term=self.term, started_at=now)
        RunIssue.objects.create(run=self.run, code="X", message="x", line=1)
        plan = Plan.objects.create(run=self.run, merge_type="sections", created_at=now)
        PlanRow.objects.create(plan=plan, record_key="S1", side="LOCAL", action="UPDATE", local_version=1)
        self.request = MergeRequest.objects.create(
            types=["sections"], terms=[self.term.pk], requested_at=now, night="2027-01-12"
        )
        MergeState.objects.create(merge_type="sections", term=self.term)
        MergeState.objects.create(merge_type="rooms", term=None)
        TermSwitch.objects.create(merge_type="courses", term=self.term)
        self.asked = ChangeRequest.objects.create(
            term=self.term,
            section=self.section,
            field="title",
            reason="x",
            requester=schedule.registrar,
            asked_at=now,
        )
        CustomField.objects.create(name="wish", label="Wish", kind="text")
        ApiToken.objects.create(user=schedule.registrar, digest="d")
        ChangeLog.objects.create(
            at=now, source="COMMAND", action="CREATE", record_type="x", record_id="1", version=1
        )

    def member(self, group, section, **values):
        given = {"kind": group.kind, "term": self.term} | values
        return RelationshipMember.objects.create(relationship=group, section=section, **given)

    def copy(self, row, **values):
        """A second row like `row`, but for `values`."""
        fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
        del fields[row._meta.pk.attname]
        return type(row).objects.create(**(fields | values))


@pytest.fixture
def world(schedule):
    return World(schedule)


def refusal(act):
    """What PostgreSQL says to `act`, deferred constraints included."""

    def act_and_judge():
        with transaction.atomic(), connection.cursor() as cursor:
            act()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as refused:
        act_and_judge()
    return refused.value.__cause__.diag


def change(model, **values):
    return lambda _world: model.objects.filter(pk=model.objects.order_by("pk").first().pk).update(**values)


def again(attribute, **values):
    """The row `world.<attribute>` a second time, with other values."""
    return lambda world: world.copy(getattr(world, attribute), **values)


CASES = {
    # change requests
    "change_request_one_open": again("asked"),
    "change_request_state_known": change(ChangeRequest, state="LOST"),
    "change_request_has_reason": change(ChangeRequest, reason=""),
    "change_request_refusal_says_why": change(ChangeRequest, state="REFUSED"),
    # people and users
    "user_admin_needs_scheduling": change(User, has_admin=True, has_scheduling=False),
    "role_assignment_once_a_role": lambda w: w.copy(RoleAssignment.objects.first()),
    # terms, courses, places
    "term_dates_in_order": change(Term, end_date="2020-01-01"),
    "term_has_code": lambda w: w.copy(w.term, code=""),
    "course_sis_id_unique_in_term": again("course"),
    "course_credits_not_negative": change(Course, credits="-1"),
    "course_has_sis_id": change(Course, sis_id=""),
    "custom_field_kind_known": change(CustomField, kind="meetings"),
    "room_number_unique_in_building": lambda _w: Room.objects.update(number="101"),
    "room_has_number": change(Room, number=""),
    # sections
    "section_sis_id_unique_in_term": again("section"),
    "section_reserved_number_unique_in_course": again(
        "section", sis_id="S-9", section_number="02", reserved_number="02"
    ),
    "section_reserved_number_is_its_number": change(Section, reserved_number="99"),
    "section_dates_in_order": change(Section, start_date="2027-03-02", end_date="2027-03-01"),
    "section_credits_not_negative": change(Section, credits="-0.5"),
    "section_status_known": change(Section, status="PAUSED"),
    "section_has_number": change(Section, section_number="", reserved_number=""),
    "section_sis_id_not_blank": change(Section, sis_id=""),
    "meeting_room_or_building": lambda _w: Meeting.objects.update(building="HAL"),
    "meeting_days": change(Meeting, days="WM"),
    "meeting_times_together": change(Meeting, end_time=None),
    "meeting_dates_in_order": change(Meeting, start_date="2027-03-02", end_date="2027-03-01"),
    "assignment_once_a_person": lambda w: w.copy(InstructorAssignment.objects.first()),
    "assignment_one_primary": lambda _w: InstructorAssignment.objects.update(is_primary=True),
    "assignment_percent_0_to_100": change(InstructorAssignment, percent="100.01"),
    # relationships
    "relationship_sis_id_unique_in_term": lambda _w: Relationship.objects.update(sis_id="X"),
    "relationship_kind_known": lambda w: w.copy(w.groups[0], sis_id="X", kind="TEAM"),
    "relationship_sis_id_not_blank": change(Relationship, sis_id=""),
    "member_once_a_section": lambda w: w.member(w.groups[1], w.section),
    "member_one_primary": lambda _w: RelationshipMember.objects.update(is_primary=True),
    "member_one_crosslist": lambda w: w.member(w.copy(w.groups[0], sis_id="X"), w.section),
    # composite foreign keys (migration 0002)
    "section_of_its_courses_term": lambda w: Section.objects.filter(pk=w.sections[2].pk).update(term=w.fall),
    "member_of_its_relationships_kind_and_term": lambda w: RelationshipMember.objects.filter(
        relationship=w.groups[0]
    ).update(kind="LINKED"),
    "member_of_its_sections_term": lambda w: w.member(
        w.copy(w.groups[1], sis_id="X", term_id=w.fall.pk), w.sections[2], term=w.fall
    ),
    # links and outbound rows
    "link_sis_id_once_in_term": again("link", section_id=None, client_ref="0" * 32),
    "link_section_or_relationship": lambda w: Link.objects.filter(pk=w.link.pk).update(
        relationship=w.groups[0]
    ),
    "link_linked_has_sis_id": change(Link, sis_id=None),
    "conflict_one_open_a_field": again("conflict"),
    # settings and runs
    "merge_profile_one_active": lambda _w: MergeProfile.objects.create(name="Second", is_active=True),
    "merge_profile_version_once": again("version"),
    "term_switch_once_a_type": lambda w: TermSwitch.objects.create(merge_type="courses", term=w.term),
    "term_switch_real_time_needs_send": lambda w: TermSwitch.objects.create(
        merge_type="sections", term=w.term, is_real_time=True, is_sending=False
    ),
    "term_switch_courses_never_sent": change(TermSwitch, is_sending=True),
    # requests
    "merge_request_state_and_end": change(MergeRequest, state="DONE"),
    "merge_request_running_began": change(MergeRequest, state="RUNNING"),
    "merge_request_failed_says_why": change(MergeRequest, state="FAILED", finished_at="2027-01-12T03:00Z"),
    "merge_request_has_type": change(MergeRequest, types=[]),
    "merge_request_preview_of_real_run": lambda w: w.copy(
        w.request, night=None, is_dry_run=True, preview_id=w.request.pk
    ),
    "merge_request_approval_is_real": lambda w: w.copy(
        w.request, night=None, is_dry_run=True, plan_id=w.run.plan.pk
    ),
    "merge_request_rows_of_a_plan": change(MergeRequest, approved_rows=[1]),
    "merge_request_once_a_night": again("request"),
    "merge_state_once": lambda _w: MergeState.objects.create(merge_type="rooms", term=None),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_database_refuses(world, name):
    assert refusal(lambda: CASES[name](world)).constraint_name == name


def test_every_constraint_of_the_models_has_its_case():
    declared = {one.name for model in MODELS for one in model._meta.constraints}
    assert declared - TARGETS - CASES.keys() == set()


def test_every_constraint_of_the_database_is_known(db):
    """Foreign keys over one column, primary keys and Django's own names aside (`table_column_hash…`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
            WHERE t.relname ~ '^(scheduling|integration)_' AND contype IN ('c', 'f', 'u', 'x')
              AND conname !~ ('^' || left(t.relname, 20))
              AND t.relname !~ '_(groups|user_permissions|departments)$'
            """
        )
        found = {name for (name,) in cursor.fetchall()}
    assert found
    assert found - TARGETS - CASES.keys() == set()


class TestEdges:
    """What a constraint must let through."""

    def test_numbers_may_pass_through_each_other_in_one_transaction(self, world):
        first, second = world.sections[:2]
        with transaction.atomic():
            for one, number in ((first, "02"), (second, "01")):
                Section.objects.filter(pk=one.pk).update(section_number=number, reserved_number=number)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        assert Section.objects.get(pk=first.pk).reserved_number == "02"

    def test_sections_that_the_sis_does_not_have_yet_are_many(self, world):
        Section.objects.update(sis_id=None)
        assert Section.objects.filter(sis_id=None).count() == 3

    def test_numbers_that_came_from_the_sis_may_collide(self, world):
        assert world.copy(world.section, sis_id="S-9", reserved_number=None)

    def test_one_sis_id_may_stand_in_two_terms(self, world):
        assert world.copy(world.course, term_id=world.fall.pk)

    @pytest.mark.parametrize("percent", ["0", "33.33", "100"])
    def test_a_percent_at_its_bounds(self, world, percent):
        assert InstructorAssignment.objects.update(percent=percent)

    @pytest.mark.parametrize("days", ["", "M", "MTWRFSU", "TR"])
    def test_days_in_order(self, world, days):
        assert Meeting.objects.update(days=days)

    def test_a_section_may_be_linked_many_times(self, world):
        assert world.member(world.copy(world.groups[1], sis_id="X"), world.section)

    def test_an_archived_link_lets_its_sis_id_go(self, world):
        Link.objects.filter(pk=world.link.pk).update(state="ARCHIVED")
        assert world.copy(world.link, section_id=None, client_ref="0" * 32)

    def test_a_settled_conflict_lets_another_one_open(self, world):
        Conflict.objects.update(status="GONE")
        assert world.copy(world.conflict, status="OPEN")


def fields(kind):
    return [(model, field.name) for model in MODELS for field in model._meta.local_fields if kind(field)]


def is_count(field):
    return isinstance(field, models.PositiveIntegerField | models.PositiveSmallIntegerField)


def is_unique(field):
    return field.unique and not field.primary_key


@pytest.mark.parametrize(("model", "name"), fields(is_count))
def test_no_count_is_negative(world, model, name):
    said = refusal(lambda: model.objects.filter(pk=model.objects.first().pk).update(**{name: -1}))
    assert said.table_name == model._meta.db_table
    assert name in said.constraint_name


@pytest.mark.parametrize(("model", "name"), fields(is_unique))
def test_what_is_unique_is_unique(world, model, name):
    row = model.objects.exclude(**{name: None}).first()
    # Links may also clash by their SIS id: let that be another one.
    other = {"sis_id": "S-9", "client_ref": "0" * 32, "section_id": None} if model is Link else {}
    if model is User:
        other = {"email": "x"}
    column = model._meta.get_field(name).attname
    if model is Link and name == "relationship":
        world.copy(world.link, **other, relationship_id=world.groups[0].pk)
        other |= {"sis_id": "S-10", "client_ref": "1" * 32}
        row = Link.objects.get(relationship=world.groups[0])
    said = refusal(lambda: world.copy(row, **(other | {column: getattr(row, column)})))
    assert f"({column})" in said.message_detail
