"""What the parts of a merge cost alone: no merge built like this can take less."""

import io
from collections.abc import Callable, Mapping

from django.db import connection

from integration.links import known_links
from integration.sis.port import MergeType, SisRecord
from integration.sis.registry import configured_adapter
from scheduling.models import InstructorAssignment, Meeting, Section

from .measuring import Measured, measured

COPIED = (Section, Meeting, InstructorAssignment)


def copy_alone(_term: str) -> Measured:
    """COPY of the stored sections, meetings and assignments into tables with the same indexes."""
    total = Measured()
    for model in COPIED:
        table = model._meta.db_table
        rows = io.BytesIO()
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            cursor.copy_expert(f"COPY {table} TO STDOUT", rows)
            rows.seek(0)
            with measured() as one:
                cursor.copy_expert(f"COPY floor_{table} FROM STDIN", rows)
            cursor.execute(f"DROP TABLE floor_{table}")
        total.wall_seconds += one.wall_seconds
        total.cpu_seconds += one.cpu_seconds
        total.server_seconds += one.server_seconds
    return total


def read_sis_alone(term: str) -> Measured:
    """The SIS's records with their fingerprints, none of them opened."""
    snapshot = configured_adapter().read_all(MergeType.SECTIONS, term=term)
    with measured() as result:
        result.facts = {"records": sum(isinstance(one, SisRecord) for one in snapshot)}
    return result


def load_map_alone(term: str) -> Measured:
    """The map of ids and hashes, out of the database."""
    with measured() as result:
        known = known_links(MergeType.SECTIONS, term)
    result.facts = {"links": len(known)}
    return result


def anti_join_alone(term: str) -> Measured:
    """The comparison itself inside the database: 100,000 ids and hashes staged, those that differ found."""
    rows = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE floor_stage (sis_id text, source_hash bytea)")
        wanted = "SELECT sis_id, source_hash FROM integration_link WHERE merge_type = 'sections'"
        cursor.copy_expert(f"COPY ({wanted}) TO STDOUT", rows)
        rows.seek(0)
        with measured() as result:
            cursor.copy_expert("COPY floor_stage FROM STDIN", rows)
            cursor.execute("ANALYZE floor_stage")
            cursor.execute(
                """
                SELECT count(*) FROM floor_stage s WHERE NOT EXISTS (
                    SELECT 1 FROM integration_link l WHERE l.merge_type = 'sections' AND l.term_id = %s
                      AND l.sis_id = s.sis_id AND l.source_hash = s.source_hash)
                """,
                [term],
            )
            result.facts = {"differ": cursor.fetchone()[0]}
    return result


FLOORS: Mapping[str, Callable[[str], Measured]] = {
    "COPY of the same rows": copy_alone,
    "reading the SIS, no record opened": read_sis_alone,
    "the map of ids and hashes": load_map_alone,
    "ids and hashes compared in the database": anti_join_alone,
}
