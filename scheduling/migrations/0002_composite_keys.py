"""The composite foreign keys of the models' docstrings: a section is of its course's term, a member of its
relationship's kind and term and of its section's term. Django knows none, so they are SQL.
"""

from django.db import migrations

KEYS = (
    ("scheduling_section", "section_of_its_courses_term", "course_id, term_id", "scheduling_course (id, term_id)"),
    (
        "scheduling_relationshipmember",
        "member_of_its_relationships_kind_and_term",
        "relationship_id, kind, term_id",
        "scheduling_relationship (id, kind, term_id)",
    ),
    (
        "scheduling_relationshipmember",
        "member_of_its_sections_term",
        "section_id, term_id",
        "scheduling_section (id, term_id)",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0001_initial")]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES {target}"
            " DEFERRABLE INITIALLY DEFERRED",
            reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        )
        for table, name, columns, target in KEYS
    ]
