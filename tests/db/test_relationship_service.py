"""The relationship service: who may group what, what the database and the audit then say."""

import pytest

from integration.models import MergeProfileVersion
from scheduling.domain.errors import (
    ActionRefused,
    AlreadyGrouped,
    FieldLocked,
    InvalidValue,
    NotFound,
    StaleVersion,
)
from scheduling.models import Relationship, RelationshipMember, Term
from scheduling.selectors import label_of_relationship, values_of_relationships
from scheduling.services import relationships, sections


def state(pk):
    return values_of_relationships([pk])[pk]


def create(schedule, *members, kind="CROSSLIST", primary=None, capacity=None, author=None):
    return relationships.create_relationship(
        "20271",
        kind=kind,
        members=members,
        primary=primary,
        capacity=capacity,
        author=author or schedule.author(),
    )


@pytest.fixture
def three(schedule):
    """A section each of biology, chemistry and physics."""
    return [
        schedule.section(schedule.course(subject, "101"), section_number="01")
        for subject in ("BIO", "CHE", "PHY")
    ]


class TestCreate:
    def test_a_group_has_its_members_primary_and_capacity(self, schedule, three, heard, changes_of):
        made = create(schedule, *three, primary=three[1], capacity=40)
        found = state(made.relationship_id)
        assert (made.version, found.kind, found.capacity) == (1, "CROSSLIST", 40)
        assert found.members == tuple((pk, pk == three[1]) for pk in three)
        (row,) = changes_of(made.relationship_id, "relationship")
        assert (row.action, row.version, row.term_code, row.actor_name) == ("CREATE", 1, "20271", "registrar")
        assert row.after == {
            "kind": "CROSSLIST",
            "capacity": 40,
            "members": [[pk, pk == three[1]] for pk in three],
        }
        assert heard[1] == [
            {
                "term": "20271",
                "record_id": made.relationship_id,
                "version": 1,
                "action": "CREATE",
                "now": schedule.now,
            }
        ]

    def test_it_is_called_by_its_members_the_primary_first(self, schedule, three):
        made = create(schedule, *three[:2], primary=three[1])
        assert label_of_relationship(made.relationship_id) == "Crosslist of CHE 101 01, BIO 101 01"

    @pytest.mark.parametrize(
        ("members", "says"),
        [([], "two sections or more"), ([0], "two sections or more"), ([0, 0], "named twice")],
    )
    def test_a_group_has_two_different_sections_or_more(self, schedule, three, members, says):
        for kind in ("CROSSLIST", "LINKED"):
            with pytest.raises(InvalidValue, match=says):
                create(schedule, *(three[index] for index in members), kind=kind)

    def test_members_are_sections_of_its_term(self, schedule, three):
        fall = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
        other = schedule.section(schedule.course("BIO", "202", term=fall))
        with pytest.raises(InvalidValue, match=r"BIO 202 .* another term, not of Spring 2027"):
            create(schedule, three[0], other)
        with pytest.raises(InvalidValue, match="no section with the id 404"):
            create(schedule, three[0], 404)

    def test_the_primary_is_a_member(self, schedule, three):
        with pytest.raises(InvalidValue, match="primary section is not a member"):
            create(schedule, *three[:2], primary=three[2])

    @pytest.mark.parametrize(
        ("values", "field"), [({"kind": "SAME"}, "kind"), ({"capacity": -1}, "capacity")]
    )
    def test_kind_and_capacity_are_checked(self, schedule, three, values, field):
        with pytest.raises(InvalidValue) as refusal:
            create(schedule, *three, **values)
        assert refusal.value.field == field

    def test_an_unknown_term_is_not_found(self, schedule):
        with pytest.raises(NotFound):
            relationships.create_relationship(
                "20279", kind="LINKED", members=[1, 2], primary=None, capacity=None, author=schedule.author()
            )

    def test_a_section_is_in_one_crosslist_and_the_refusal_names_the_other_group(self, schedule, three):
        create(schedule, three[0], three[1])
        with pytest.raises(
            AlreadyGrouped, match=r"CHE 101 01 is in another crosslist already \(BIO 101 01, CHE"
        ):
            create(schedule, three[1], three[2])

    def test_a_section_may_be_linked_as_often_as_needed(self, schedule, three):
        create(schedule, three[0], three[1])
        create(schedule, three[0], three[1], kind="LINKED")
        other = create(schedule, three[0], three[2], kind="LINKED").relationship_id
        assert RelationshipMember.objects.filter(section_id=three[0]).count() == 3
        with pytest.raises(AlreadyGrouped, match=r"linked already \(BIO 101 01, CHE 101 01\)"):
            create(schedule, three[1], three[0], kind="LINKED", primary=three[0], capacity=9)
        with pytest.raises(AlreadyGrouped):
            relationships.update_relationship(other, members=three[:2], author=schedule.author())
        create(schedule, *three, kind="LINKED")

    def test_a_crosslist_that_does_not_meet_together_is_flagged(self, schedule, three, mwf):
        schedule.room()
        sections.update_section(three[0], {"meetings": [mwf]}, author=schedule.author())
        made = create(schedule, *three)
        assert [(one.code, one.severity) for one in made.findings] == [("CROSSLIST_DISAGREES", "WARNING")] * 2
        assert create(schedule, three[0], three[1], kind="LINKED").findings == ()


class TestUpdate:
    def test_each_change_has_its_audit_row_and_the_version_grows_by_one(self, schedule, three, changes_of):
        pk = schedule.crosslist(*three[:2], capacity=40)
        saved = relationships.update_relationship(
            pk, members=[three[0], three[2]], primary=three[2], capacity=None, author=schedule.author()
        )
        assert saved.version == 2
        assert state(pk).members == ((three[0], False), (three[2], True))
        rows = {row.field: row for row in changes_of(pk, "relationship")[1:]}
        assert (rows["capacity"].before, rows["capacity"].after) == (40, None)
        assert rows["members"].after == [[three[0], False], [three[2], True]]
        assert {row.version for row in rows.values()} == {2}

    def test_what_is_not_given_stays(self, schedule, three):
        pk = schedule.crosslist(*three[:2], primary=three[0], capacity=40)
        relationships.update_relationship(pk, members=three, author=schedule.author())
        assert state(pk).members == tuple((one, one == three[0]) for one in three)
        assert state(pk).capacity == 40
        relationships.update_relationship(pk, primary=three[2], author=schedule.author())
        assert state(pk).members == tuple((one, one == three[2]) for one in three)
        relationships.update_relationship(pk, primary=None, author=schedule.author())
        assert not any(is_primary for _one, is_primary in state(pk).members)

    def test_a_primary_that_leaves_is_not_replaced_by_itself(self, schedule, three):
        pk = schedule.crosslist(*three, primary=three[0])
        relationships.update_relationship(pk, members=three[1:], author=schedule.author())
        assert state(pk).members == ((three[1], False), (three[2], False))

    def test_the_same_group_in_another_order_changes_nothing(self, schedule, three, heard, changes_of):
        pk = schedule.crosslist(*three, primary=three[0], capacity=40)
        heard[1].clear()
        saved = relationships.update_relationship(
            pk, members=three[::-1], primary=three[0], capacity=40, author=schedule.author()
        )
        assert (saved.version, heard[1], len(changes_of(pk, "relationship"))) == (1, [], 1)

    def test_an_older_version_is_refused(self, schedule, three):
        pk = schedule.crosslist(*three)
        relationships.update_relationship(pk, capacity=1, author=schedule.author(), version=1)
        with pytest.raises(StaleVersion, match="at version 2"):
            relationships.update_relationship(pk, capacity=2, author=schedule.author(), version=1)

    def test_a_group_cannot_be_emptied(self, schedule, three):
        pk = schedule.crosslist(*three)
        with pytest.raises(InvalidValue, match="dissolve it"):
            relationships.update_relationship(pk, members=three[:1], author=schedule.author())

    def test_a_member_of_another_crosslist_cannot_be_added(self, schedule, three):
        pk = schedule.crosslist(*three[:2])
        schedule.crosslist(three[2], schedule.section())
        with pytest.raises(AlreadyGrouped, match="PHY 101 01 is in another crosslist"):
            relationships.update_relationship(pk, members=three, author=schedule.author())

    def test_an_unknown_group_is_not_found(self, schedule):
        with pytest.raises(NotFound):
            relationships.update_relationship(404, capacity=1, author=schedule.author())


class TestWhoMay:
    @pytest.mark.parametrize("departments", [["BIO"], ["CHE"], []])
    def test_every_members_department_is_asked(self, schedule, three, departments):
        author = schedule.author(schedule.user("REGISTRAR", departments=departments))
        pk = schedule.crosslist(*three[:2])
        for change in (
            lambda: create(schedule, three[0], three[1], kind="LINKED", author=author),
            lambda: relationships.update_relationship(pk, capacity=1, author=author),
            lambda: relationships.dissolve_relationship(pk, author=author),
        ):
            with pytest.raises(ActionRefused, match="edit relationships"):
                change()
        assert (state(pk).capacity, state(pk).version) == (None, 1)

    def test_the_department_of_a_member_that_leaves_is_asked_too(self, schedule, three):
        pk = schedule.crosslist(*three)
        author = schedule.author(schedule.user("REGISTRAR", departments=["BIO", "CHE"]))
        with pytest.raises(ActionRefused):
            relationships.update_relationship(pk, members=three[:2], author=author)

    def test_the_registrar_of_all_its_departments_may(self, schedule, three):
        author = schedule.author(schedule.user("REGISTRAR", departments=["BIO", "CHE"]))
        assert create(schedule, *three[:2], author=author).version == 1

    def test_a_refusal_names_no_section_that_the_author_does_not_see(self, schedule, three):
        schedule.crosslist(three[1], three[2])
        author = schedule.author(schedule.user("SCHEDULER", departments=["BIO", "CHE"]))
        with pytest.raises(AlreadyGrouped, match=r"\(CHE 101 01, 1 section of another department\)"):
            create(schedule, three[0], three[1], author=author)

    def test_who_may_not_change_a_group_is_told_of_no_other_group_and_no_other_term(self, schedule, three):
        schedule.crosslist(three[1], three[2])
        fall = Term.objects.create(code="20273", name="Fall", start_date="2027-09-01", end_date="2027-12-17")
        later = schedule.section(schedule.course("CHE", "202", term=fall))
        mine = [three[0], schedule.section()]
        pk = schedule.crosslist(*mine)
        author = schedule.author(schedule.user("SCHEDULER", departments=["BIO"]))
        for stranger in (three[1], later):
            for change in (
                lambda one=stranger: create(schedule, three[0], one, author=author),
                lambda one=stranger: relationships.update_relationship(
                    pk, members=[*mine, one], author=author
                ),
            ):
                with pytest.raises(ActionRefused) as refusal:
                    change()
                assert "101" not in str(refusal.value)
                assert "202" not in str(refusal.value)

    def test_a_change_that_nobody_signs_is_refused(self, schedule, three):
        signed = schedule.author()
        nobody = type(signed)(now=signed.now, source=signed.source)
        with pytest.raises(ActionRefused):
            create(schedule, *three, author=nobody)

    @pytest.mark.parametrize(("part", "said"), [("members", "Members are"), ("capacity", "Capacity is")])
    def test_what_is_always_sis_is_locked(self, schedule, three, part, said):
        pk = schedule.crosslist(*three[:2])
        always_sis(part)
        change = {"members": three, "capacity": 5}[part]
        with pytest.raises(FieldLocked, match=f"{said} kept by the SIS"):
            relationships.update_relationship(pk, **{part: change}, author=schedule.author())

    def test_members_that_are_always_sis_are_neither_grouped_nor_dissolved_here(self, schedule, three):
        pk = schedule.crosslist(*three[:2])
        always_sis("members")
        with pytest.raises(FieldLocked, match="Members are kept by the SIS"):
            create(schedule, *three, kind="LINKED")
        with pytest.raises(FieldLocked, match="Members are kept by the SIS"):
            relationships.dissolve_relationship(pk, author=schedule.author())
        assert Relationship.objects.get().pk == pk

    def test_a_group_is_made_without_a_capacity_that_is_always_sis(self, schedule, three):
        always_sis("capacity")
        with pytest.raises(FieldLocked, match="Capacity is kept by the SIS"):
            create(schedule, *three, capacity=5)
        create(schedule, *three)


def always_sis(part):
    document = {"types": {"relationships": {"sources": {part: "ALWAYS_SIS"}}}}
    MergeProfileVersion.objects.filter(profile__is_active=True).update(document=document)


class TestDissolve:
    def test_its_sections_stay_and_the_audit_holds_what_it_was(self, schedule, three, heard, changes_of):
        pk = schedule.crosslist(*three, primary=three[0], capacity=40)
        relationships.dissolve_relationship(pk, author=schedule.author(), version=1)
        assert not Relationship.objects.exists()
        row = changes_of(pk, "relationship")[-1]
        assert (row.action, row.before["capacity"], row.before["members"][0]) == (
            "DELETE",
            40,
            [three[0], True],
        )
        assert heard[1][-1]["action"] == "DELETE"
        assert schedule.crosslist(*three)

    def test_an_older_version_is_refused(self, schedule, three):
        pk = schedule.crosslist(*three)
        relationships.update_relationship(pk, capacity=1, author=schedule.author())
        with pytest.raises(StaleVersion):
            relationships.dissolve_relationship(pk, author=schedule.author(), version=1)


class TestWhenASectionIsDeleted:
    def test_the_group_loses_it_in_a_new_version(self, schedule, three, heard, changes_of):
        pk = schedule.crosslist(*three, primary=three[0])
        heard[1].clear()
        sections.delete_section(three[0], author=schedule.author())
        assert state(pk).members == ((three[1], False), (three[2], False))
        assert state(pk).version == 2
        row = changes_of(pk, "relationship")[-1]
        assert (row.action, row.field, row.version) == ("UPDATE", "members", 2)
        assert [said["action"] for said in heard[1]] == ["UPDATE"]

    def test_a_group_left_with_one_member_is_dissolved(self, schedule, three, heard, changes_of):
        pk = schedule.crosslist(*three[:2])
        sections.delete_section(three[0], author=schedule.author())
        assert not Relationship.objects.exists()
        assert changes_of(pk, "relationship")[-1].action == "DELETE"
        assert heard[1][-1]["action"] == "DELETE"

    def test_all_its_groups_are_seen_to(self, schedule, three):
        crosslist, linked = schedule.crosslist(*three), schedule.crosslist(*three[:2], kind="LINKED")
        sections.delete_section(three[0], author=schedule.author())
        assert list(Relationship.objects.values_list("pk", flat=True)) == [crosslist]
        assert linked != crosslist


def test_of_two_crosslists_of_one_section_at_the_same_moment_one_is_refused(shared_schedule, together):
    one, *others = [shared_schedule.section() for _ in range(3)]
    outcomes = together(*(lambda other=other: create(shared_schedule, one, other) for other in others))
    assert sorted(type(error).__name__ for error in outcomes) == ["AlreadyGrouped", "NoneType"]
