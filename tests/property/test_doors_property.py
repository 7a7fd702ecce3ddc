"""Whatever the rules: what the policy refuses reaches the database by no door, and what it allows does."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phases import models as rows
from phases.policy import Action, Actor, Permission, Policy, SectionFacts
from phases.rules import ANY_FIELD, Exemption, Grant, PhaseRules, RoleRules, Rule
from phases.timeline import Period
from scheduling.domain.errors import DomainError
from scheduling.domain.fields import CATALOGUE
from scheduling.models import (
    ApiToken,
    ChangeLog,
    Course,
    Department,
    Relationship,
    Role,
    RoleAssignment,
    Section,
    Term,
    User,
)
from scheduling.selectors import values_of_relationships, values_of_sections
from scheduling.services import relationships, sections
from scheduling.services.audit import Author
from tests.edit_line import apply_line

NOW = dt.datetime(2027, 1, 12, 17, tzinfo=dt.UTC)
LONG_AGO, FAR_OFF = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2090, 1, 1, tzinfo=dt.UTC)
CODES = ["REGISTRAR", "SCHEDULER", "VIEWER"]
PERMISSIONS = [Permission.VIEW_SECTIONS, Permission.EDIT_SECTIONS, *(one.permission for one in Action)]
FIELDS = ["title", "capacity", "course", "status", ANY_FIELD]
BIO, CHE = "C-BIO", "C-CHE"
HOME = {BIO: "BIO", CHE: "CHE"}

GRANTS = st.sampled_from([Grant.OWN_DEPARTMENTS, Grant.OWN_DEPARTMENTS, Grant.ALLOW, Grant.DENY, None])
OPEN_OR_LOCKED = st.sampled_from([Rule.OPEN, Rule.OPEN, Rule.LOCKED])
RULES = st.sampled_from(list(Rule))
DEPARTMENTS = st.sampled_from([None, None, frozenset({"BIO"}), frozenset({"BIO", "CHE"}), frozenset()])


def given_for(keys, values):
    """A value, or none, for each key."""
    drawn = st.tuples(*[values] * len(keys))
    return drawn.map(lambda found: {k: v for k, v in zip(keys, found, strict=True) if v is not None})


ROLES = st.fixed_dictionaries(
    {
        code: st.builds(
            RoleRules,
            code=st.just(code),
            name=st.just(code.capitalize()),
            permissions=given_for(PERMISSIONS, GRANTS),
            fields=given_for(FIELDS, OPEN_OR_LOCKED),
        )
        for code in CODES
    }
)
PHASES = st.none() | st.builds(
    PhaseRules,
    code=st.just(1),
    name=st.just("Any phase"),
    fields=given_for([(code, name) for code in CODES[:2] for name in FIELDS], RULES | st.none()),
    actions=given_for([(code, action) for code in CODES[:2] for action in Action], RULES | st.none()),
)
HELD = st.dictionaries(st.sampled_from(CODES), DEPARTMENTS, min_size=1, max_size=2)
EXEMPT = st.none() | st.sampled_from([{"department": "BIO"}, {"is_for_section": True}])
SETS = st.sampled_from(
    [
        {"title": "Genes"},
        {"capacity": 5},
        {"title": "Genes", "capacity": 5},
        {"course": CHE},
        {"status": "CANCELLED"},
        {"status": "CANCELLED", "title": "Genes"},
    ]
)
EDITS = st.one_of(
    st.tuples(st.just("update"), SETS),
    st.tuples(st.just("update"), SETS),
    st.tuples(st.just("create"), st.sampled_from([BIO, CHE])),
    st.sampled_from([("cancel", None), ("delete", None), ("crosslist", None), ("dissolve", None)]),
)


@dataclass(frozen=True)
class Rules:
    """One example: the rules, who holds what, and an exemption of the title."""

    roles: dict
    phase: PhaseRules | None
    held: dict
    exempt: dict | None


RULE_SETS = st.builds(Rules, roles=ROLES, phase=PHASES, held=HELD, exempt=EXEMPT)


@dataclass
class World:
    """A term with sections of two departments, two of them crosslisted, and somebody called ann."""

    term: Term
    ann: User
    key: str
    folder: Path
    client: Client = field(default_factory=Client)

    def __post_init__(self):
        made = [
            Section.objects.create(term=self.term, course=Course.objects.get(sis_id=course), section_number=n)
            for course, n in ((BIO, "01"), (CHE, "09"), (BIO, "02"), (BIO, "03"))
        ]
        self.section, self.other = made[0].pk, made[1].pk
        registrar = User.objects.create_user("registrar", has_scheduling=True)
        RoleAssignment.objects.create(user=registrar, role_id="REGISTRAR", is_for_all_departments=True)
        self.group = relationships.create_relationship(
            self.term.pk,
            kind="CROSSLIST",
            members=[made[2].pk, made[3].pk],
            primary=None,
            capacity=None,
            author=Author(now=NOW, source="COMMAND", user=registrar),
        ).relationship_id

    @property
    def author(self):
        return Author(now=NOW, source=ChangeLog.Source.COMMAND, user=self.ann)

    def state(self):
        """All that an edit could change, the audit included."""
        return (
            values_of_sections(list(Section.objects.values_list("pk", flat=True))),
            values_of_relationships(list(Relationship.objects.values_list("pk", flat=True))),
            ChangeLog.objects.count(),
        )

    # ---- the doors: each says whether the edit was refused

    def service(self, op, what):
        given = {"author": self.author}
        works = {
            "update": lambda: sections.update_section(self.section, what, **given),
            "create": lambda: sections.create_section(self.term.pk, new_section(what), **given),
            "cancel": lambda: sections.cancel_section(self.section, **given),
            "delete": lambda: sections.delete_section(self.section, **given),
            "crosslist": lambda: relationships.create_relationship(
                self.term.pk,
                kind="CROSSLIST",
                members=[self.section, self.other],
                primary=None,
                capacity=None,
                **given,
            ),
            "dissolve": lambda: relationships.dissolve_relationship(self.group, **given),
        }
        try:
            works[op]()
        except DomainError:
            return True
        return False

    def command(self, op, what):
        parts = {
            "update": {"section": "BIO-101-01", "set": what},
            "create": {"set": new_section(what)},
            "crosslist": {"members": ["BIO-101-01", "CHE-101-09"]},
            "dissolve": {"relationship": self.group},
        }.get(op, {"section": "BIO-101-01"})
        edit = {"op": op, **parts}
        return not apply_line(edit, folder=self.folder, term=self.term.pk, user="ann")["ok"]

    def api(self, _op, what):
        answer = self.client.patch(
            f"/api/v1/sections/{self.section}/",
            what,
            "application/json",
            headers={"Authorization": f"Bearer {self.key}", "If-Match": '"1"'},
        )
        assert answer.status_code in {200, 403, 404}, answer.content
        return answer.status_code != 200


def new_section(course):
    return {"course": course, "section_number": "77", "title": "Genes"}


@pytest.fixture
def world(db, tmp_path):
    term = Term.objects.create(
        code="20271", name="Spring 2027", start_date=dt.date(2027, 2, 1), end_date=dt.date(2027, 5, 28)
    )
    for course, code in HOME.items():
        department = Department.objects.create(code=code, name=code)
        Course.objects.create(term=term, sis_id=course, subject=code, number="101", department=department)
    ann = User.objects.create_user("ann", has_scheduling=True)
    return World(term=term, ann=ann, key=ApiToken.issue(ann), folder=tmp_path)


def policy_of(rules, world):
    """The policy as it must be, from the drawn values; no row is read."""
    exemptions = ()
    if rules.exempt is not None:
        department = rules.exempt.get("department")
        exemptions = (
            Exemption(
                user_id=world.ann.pk,
                fields=frozenset({"title"}),
                since=LONG_AGO,
                until=FAR_OFF,
                reason="ill",
                department=department,
                section_id=None if department else world.section,
            ),
        )
    return Policy(
        roles=rules.roles,
        catalogue=tuple(CATALOGUE),
        moment=NOW,
        period=Period(phase=rules.phase),
        exemptions=exemptions,
    )


def write(rules, world):
    """The same as rows."""
    for model in (rows.RolePermission, rows.RoleFieldRule, rows.PhaseFieldRule, rows.PhaseActionRule):
        model.objects.all().delete()
    for code, role in rules.roles.items():
        Role.objects.filter(pk=code).update(name=role.name)
    roles = rules.roles.items()
    rows.RolePermission.objects.bulk_create(
        rows.RolePermission(role_id=code, permission=permission, grant=grant)
        for code, role in roles
        for permission, grant in role.permissions.items()
    )
    rows.RoleFieldRule.objects.bulk_create(
        rows.RoleFieldRule(role_id=code, field=name, rule=rule)
        for code, role in roles
        for name, rule in role.fields.items()
    )
    if rules.phase is not None:
        phase = rows.Phase.objects.first()
        rows.PhaseFieldRule.objects.bulk_create(
            rows.PhaseFieldRule(phase=phase, role_id=code, field=name, rule=rule)
            for (code, name), rule in rules.phase.fields.items()
        )
        rows.PhaseActionRule.objects.bulk_create(
            rows.PhaseActionRule(phase=phase, role_id=code, action=action, rule=rule)
            for (code, action), rule in rules.phase.actions.items()
        )
        rows.TimelineEntry.objects.create(term=world.term, phase=phase, starts_at=LONG_AGO)
    for code, departments in rules.held.items():
        held = RoleAssignment.objects.create(
            user=world.ann, role_id=code, is_for_all_departments=departments is None
        )
        held.departments.set(departments or ())
    for one in policy_of(rules, world).exemptions:
        rows.Exemption.objects.create(
            term=world.term,
            user=world.ann,
            fields=sorted(one.fields),
            since=one.since,
            until=one.until,
            reason=one.reason,
            section_id=one.section_id,
            department_id=one.department,
        )


def decisions(policy, ann, world, op, what):
    """All that must be allowed for the edit."""
    of_section = SectionFacts(section_id=world.section, departments=frozenset({"BIO"}))
    if op == "update":
        left_and_joined = {"BIO", HOME[what.get("course", BIO)]}
        facts = SectionFacts(section_id=world.section, departments=frozenset(left_and_joined))
        yield from (
            policy.action(ann, facts, Action.CANCEL_SECTION)
            if name == "status"
            else policy.field(ann, facts, name)
            for name in what
        )
    elif op == "create":
        facts = SectionFacts(departments=frozenset({HOME[what]}))
        yield policy.action(ann, facts, Action.CREATE_SECTION)
        yield policy.field(ann, facts, "title")
    elif op == "crosslist":
        facts = SectionFacts(departments=frozenset({"BIO", "CHE"}))
        yield policy.action(ann, facts, Action.EDIT_RELATIONSHIPS)
    else:
        actions = {
            "cancel": Action.CANCEL_SECTION,
            "delete": Action.DELETE_SECTION,
            "dissolve": Action.EDIT_RELATIONSHIPS,
        }
        yield policy.action(ann, of_section, actions[op])


def is_allowed(rules, world, door, op, what):
    policy = policy_of(rules, world)
    ann = Actor(name="ann", roles=tuple(sorted(rules.held.items())), user_id=world.ann.pk)
    if door == "api":  # what one may not see is not there; and what one gave away is not seen any more
        seen = policy.departments_of(ann, Permission.VIEW_SECTIONS)
        if seen is not None and "BIO" not in seen:
            return False
    return all(one.is_allowed for one in decisions(policy, ann, world, op, what))


DOORS = ["service", "command", "api"]


@pytest.mark.parametrize("door", DOORS)
@settings(suppress_health_check=[*HealthCheck], max_examples=settings.default.max_examples // 5)
@given(rules=RULE_SETS, edit=EDITS, wanted=SETS)
def test_what_the_policy_refuses_reaches_the_database_by_no_door_and_what_it_allows_does(
    world, door, rules, edit, wanted
):
    op, what = ("update", wanted) if door == "api" else edit
    with transaction.atomic():
        write(rules, world)
        before = world.state()
        allowed = is_allowed(rules, world, door, op, what)
        is_refused = getattr(world, door)(op, what)
        is_changed = world.state() != before
        transaction.set_rollback(True)
    assert is_changed is allowed
    if not (door == "api" and what.get("course")):  # the answer after giving a section away may be a 404
        assert is_refused is not allowed
