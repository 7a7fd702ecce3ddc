"""A section's history tells of the groups it came into and left; members one may not see are not named."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduling.history import saved_rows
from scheduling.models import ChangeLog
from scheduling.services.relationships import dissolve_relationship, update_relationship
from tests.web.test_crosslist_list import words_of


def history(client, campus, sis_id, query=""):
    words = words_of(client.get(reverse("section", args=[campus.id_of(sis_id)]) + query))
    return words.partition("Show ")[2]


@pytest.fixture
def moved(campus, mixed):
    """S1 and N are grouped; N becomes primary; S2 comes and goes; all is dissolved."""
    (s1, _), (new, _) = sorted(
        ((one.section_id, one.is_primary) for one in mixed.members.all()), key=lambda one: not one[1]
    )
    s2 = campus.id_of("S2")
    update_relationship(mixed.pk, capacity=51, author=campus.author())
    update_relationship(mixed.pk, primary=new, author=campus.author())
    update_relationship(mixed.pk, members=[s1, new, s2], author=campus.author())
    update_relationship(mixed.pk, members=[s1, new], author=campus.author())
    return mixed


def test_joining_leaving_and_being_primary_are_told(campus, moved, person):
    viewer = person("viewer")
    told = history(viewer, campus, "S1")
    assert "Joined a crosslist · Command Crosslisted with — → became CHE 202 N" in told
    assert "No longer the primary of its crosslist" in told
    assert "Combined" not in told
    told = history(viewer, campus, "S2")
    assert "Joined a crosslist · Command Crosslisted with — → became CHE 202 N (primary), BIO 101 A" in told
    assert "Left its crosslist · Command Crosslisted with CHE 202 N (primary), BIO 101 A → became —" in told
    assert told.index("Left its crosslist") < told.index("Joined a crosslist")
    assert "crosslist" not in history(viewer, campus, "S1", "?history=title")


def test_what_the_import_grouped_is_told_too(campus, person):
    assert "Joined a crosslist · Import from the SIS" in history(person("viewer"), campus, "S4")


def test_dissolving_is_told(campus, moved, person):
    dissolve_relationship(moved.pk, author=campus.author())
    assert "Its crosslist was dissolved" in history(person("viewer"), campus, "S1")


def test_members_of_other_departments_are_not_named(campus, moved, person):
    told = history(person("scheduler"), campus, "S1")
    assert "Crosslisted with — → became a section of another department" in told
    assert "CHE 202" not in told


def test_the_group_leads_from_the_section_to_its_page(campus, mixed, person):
    page = person("scheduler").get(reverse("section", args=[campus.id_of("S1")])).content.decode()
    assert f'href="{reverse("crosslist", args=[mixed.pk])}"' in page
    assert "?with=" in page
    page = person("viewer").get(reverse("section", args=[campus.id_of("S1")])).content.decode()
    assert "?with=" not in page


MANY_CHANGES = """
INSERT INTO scheduling_changelog (at, actor_name, source, action, record_type, record_id, term_code, field,
                                  before, after, reason, rule)
SELECT now(), 'kim', 'FORM', 'UPDATE', 'relationship', n::text, '20271', 'members',
       jsonb_build_array(jsonb_build_array(n, true)), jsonb_build_array(jsonb_build_array(n, false)), '', ''
FROM generate_series(1, 10000) n
"""


def test_the_groups_of_a_section_are_read_from_indexes(db):
    with connection.cursor() as cursor:
        cursor.execute(MANY_CHANGES)
        cursor.execute("ANALYZE scheduling_changelog")
        with CaptureQueriesContext(connection) as queries:
            assert len(saved_rows(7).saves) == 1
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    used = {"change_of_group_before", "change_of_group_after"}
    assert set(re.findall(r"Index Scan on (\w+)", plan)) == used, plan


def test_a_removed_group_leaves_its_row(campus, moved):
    assert ChangeLog.objects.filter(record_type="relationship", record_id=str(moved.pk)).count() == 5
