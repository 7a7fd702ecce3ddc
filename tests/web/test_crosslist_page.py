"""The page of one group: who sees what of it, what it says, who may change it and why not."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from phases.models import Phase, TimelineEntry
from scheduling.models import Relationship, RoleAssignment, Section
from scheduling.services.relationships import create_relationship, update_relationship
from tests.campus import TERM
from tests.web.test_crosslist_list import main_of, words_of


def page(client, group):
    return words_of(client.get(reverse("crosslist", args=[group.pk])))


@pytest.mark.parametrize(
    ("kind", "statuses"),
    [
        ("anonymous", [302, 302]),
        ("no product", [403, 403]),
        ("no role", [403, 403]),
        ("viewer", [200, 200]),
        ("scheduler", [200, 404]),
        ("registrar", [200, 200]),
        ("admin", [403, 403]),
    ],
)
def test_a_group_is_seen_by_who_sees_a_member(campus, mixed, person, kind, statuses):
    client = person(kind)
    paths = [reverse("crosslist", args=[one.pk]) for one in (mixed, campus.group())]
    assert [client.get(path).status_code for path in paths] == statuses


@pytest.mark.parametrize("pk", [0, 999_999, 10**30])
def test_a_group_that_does_not_exist_is_not_found(campus, person, pk):
    assert person("registrar").get(f"/crosslists/{pk}/").status_code == 404


def test_members_stand_side_by_side(campus, person):
    Section.objects.filter(term=TERM).update(enrollment=20)
    words = page(person("viewer"), campus.group())
    for said in (
        "Crosslist of CHE 202 A, CHE 202 B",
        "40 enrolled on 60 combined seats, 20 free.",
        "CHE 202 A Primary Title of S3",
        "MWF 11:00–11:50 am HAL 102 Nobody yet 20 30",
        "Together 40 60 combined",
    ):
        assert said in words
    assert "unlike the primary" not in words
    assert "Where they differ" not in words


def test_what_is_unlike_the_primary_is_marked_and_told(campus, mixed, person):
    words = page(person("viewer"), mixed)
    assert words.count("unlike the primary") == 3
    assert (
        "Meetings BIO 101 A (primary) MWF 9:00–9:50 am · HAL 101 CHE 202 N No meetings "
        "Instructors BIO 101 A (primary) Ada Yonath CHE 202 N —" in words
    )


def test_members_that_the_sis_does_not_have_are_named(campus, mixed, person):
    assert "CHE 202 N is not in the SIS yet; the crosslist is sent after it." in page(person("viewer"), mixed)
    words = page(person("scheduler"), mixed)
    assert "1 section of another department is not in the SIS yet; the crosslist is sent after it." in words


def test_members_of_other_departments_are_not_named(campus, mixed, person):
    update_relationship(mixed.pk, capacity=70, author=campus.author())
    answer = person("scheduler").get(reverse("crosslist", args=[mixed.pk]))
    assert "CHE 202" not in main_of(answer)
    words = words_of(answer)
    assert "Crosslist of BIO 101 A and 1 section of another department" in words
    assert "Members BIO 101 A (primary), a section of another department" in words


def test_the_combined_seats_in_words(campus, person):
    group, viewer = campus.group(), person("viewer")
    for enrolled, capacity, said in (
        (None, 60, "The SIS has not said how many are enrolled on 60 combined seats."),
        (31, 60, "62 enrolled on 60 combined seats, 2 more than there are. Over the combined capacity"),
        (30, 60, "60 enrolled on 60 combined seats, full."),
        (1, None, "2 enrolled; no combined capacity is set; its sections have 60 seats, each for itself."),
    ):
        Section.objects.filter(sis_id__in=["S3", "S4"]).update(enrollment=enrolled)
        Relationship.objects.filter(pk=group.pk).update(capacity=capacity)
        assert said in page(viewer, group)


def test_a_cancelled_member_is_said_and_not_compared(campus, mixed, person):
    Section.objects.filter(section_number="N").update(status="CANCELLED")
    words = page(person("viewer"), mixed)
    assert "Cancelled" in words
    assert "unlike the primary" not in words


def test_linked_sections_need_not_meet_together(campus, person):
    made = create_relationship(
        TERM,
        kind="LINKED",
        members=[campus.id_of("S1"), campus.id_of("S2")],
        primary=None,
        capacity=None,
        author=campus.author(),
    )
    words = page(person("viewer"), Relationship.objects.get(pk=made.relationship_id))
    assert "Linked of BIO 101 A, BIO 101 B" in words
    assert "unlike" not in words
    assert "Where they differ" not in words


# ---- who may change it


def test_who_may_not_change_it_is_told_why_and_gets_no_form(campus, mixed, person):
    for kind, reason in (
        ("viewer", "You may not edit relationships"),
        ("scheduler", "You may not edit relationships"),
    ):
        words = page(person(kind), mixed)
        assert reason in words
        assert "Change this group" not in words
    assert "Change this group" in page(person("registrar"), mixed)


def test_a_phase_closes_it_with_its_name(campus, mixed, person):
    phase = Phase.objects.get(name="Closed")
    TimelineEntry.objects.create(term_id=TERM, phase=phase, starts_at="2020-01-01T00:00Z")
    scheduler = person("scheduler")
    RoleAssignment.objects.filter(user=scheduler.user).update(is_for_all_departments=True)
    words = page(scheduler, mixed)
    assert "Closed" in words
    assert "Change this group" not in words


def test_what_the_sis_decides_is_locked_with_its_reason(campus, person):
    campus.settings(relationships={"sources": {"capacity": "ALWAYS_SIS"}})
    answer = person("registrar").get(reverse("crosslist", args=[campus.group().pk]))
    page = main_of(answer)
    assert 'name="capacity" value="60"' in page
    assert page.count("disabled") == 1
    assert "SIS" in words_of(answer).partition("Combined capacity")[2]
    campus.settings(relationships={"default_source": "ALWAYS_SIS"})
    words = words_of(person("scheduler").get(reverse("crosslists", args=[TERM])))
    assert "New crosslist" not in words


# ---- states, history, queries


def test_states_of_the_members_are_told_to_those_who_may_know(campus, person):
    group, registrar = campus.group(), person("registrar")
    assert "SIS CHE 202 A" not in page(registrar, group)
    campus.enable()
    assert "Capacity SIS CHE 202 A" in page(registrar, group)
    assert "Capacity SIS" not in page(person("viewer"), group)


def test_the_history_tells_every_save_with_names(campus, person):
    group = campus.group()
    update_relationship(
        group.pk,
        members=[campus.id_of("S3"), campus.id_of("S4"), campus.id_of("S1")],
        primary=campus.id_of("S1"),
        capacity=None,
        author=campus.author(),
    )
    words = page(person("viewer"), group)
    was, became = "CHE 202 A (primary), CHE 202 B", "BIO 101 A (primary), CHE 202 A, CHE 202 B"
    assert f"Members {was} → became {became}" in words
    assert "Combined capacity 60 → became —" in words
    assert "kim Changed · Command · version 2" in words
    assert "Created · Import from the SIS" in words


def test_a_strange_place_in_the_history_is_said(campus, person):
    path = reverse("crosslist", args=[campus.group().pk])
    assert "this is its beginning" in words_of(person("viewer").get(path + "?cursor=older-x"))


def queries(client, group):
    with CaptureQueriesContext(connection) as made:
        assert client.get(reverse("crosslist", args=[group.pk])).status_code == 200
    return len(made)


def test_the_number_of_queries_does_not_grow(campus, person):
    campus.enable()
    client, group = person("registrar"), campus.group()
    held = [campus.id_of("S3"), campus.id_of("S4")]

    def grown(count):
        held.extend(campus.create(f"Q{count}-{number}", "C2") for number in range(count))
        for capacity in range(count):
            update_relationship(group.pk, members=held, capacity=capacity, author=campus.author())
        return queries(client, group)

    page(client, group)
    assert grown(1) == grown(9) <= QUERIES


QUERIES = 17
"""Who looks, the group, its rights, the suggestions; the states of its members ask the most."""
