"""What comes in although it breaks a rule here is flagged: noted on the run that brought it.

Only the sections that this plan wrote are looked at, by set-based statements (MERGE.md: such data comes in,
flagged; notes do not make a run one with issues).
"""

from django.db import connection

from integration.models import Plan

ANALYZE_FROM = 200

WRITTEN = """
    WITH written AS (
        SELECT DISTINCT s.id, s.term_id, s.course_id, s.section_number, s.sis_id, s.credits, r.label
        FROM integration_planrow r
        JOIN scheduling_section s ON s.term_id = %(term)s AND s.sis_id = r.record_key
        WHERE r.plan_id = %(plan)s AND r.side = 'LOCAL' AND r.state = 'APPLIED'
          AND r.action IN ('CREATE', 'UPDATE') AND s.status = 'ACTIVE')
    INSERT INTO integration_runissue (run_id, record, field, code, message, file, "column", is_notice)
"""
OTHER = """c.subject || ' ' || c.number || ' ' || o.section_number || coalesce(' (' || o.sis_id || ')', '')"""
"""What people call the other section `o` of course `c`; one that the SIS does not have yet has no id."""

NUMBERS = f"""
    SELECT DISTINCT %(run)s, w.sis_id, 'section_number', 'NUMBER_TAKEN',
        w.label || ' has the same section number as another live section of its course: ' || {OTHER} || '.',
        '', '', true
    FROM written w JOIN scheduling_section o ON o.course_id = w.course_id
        AND o.section_number = w.section_number AND o.id <> w.id AND o.status = 'ACTIVE'
    JOIN scheduling_course c ON c.id = o.course_id
"""

ROOMS = f"""
    SELECT DISTINCT %(run)s, w.sis_id, 'meetings', 'ROOM_DOUBLE_BOOKED',
        w.label || ' meets in ' || rm.building_id || ' ' || rm.number || ' at the same time as ' || {OTHER}
            || '.',
        '', '', true
    FROM written w
    JOIN scheduling_meeting m ON m.section_id = w.id AND m.room_id IS NOT NULL AND m.start_time IS NOT NULL
    JOIN scheduling_room rm ON rm.id = m.room_id
    JOIN scheduling_meeting n ON n.room_id = m.room_id AND n.section_id <> m.section_id
        AND n.start_time < m.end_time AND m.start_time < n.end_time
        AND coalesce(n.start_date, '-infinity') <= coalesce(m.end_date, 'infinity')
        AND coalesce(m.start_date, '-infinity') <= coalesce(n.end_date, 'infinity')
        AND m.days <> '' AND n.days ~ ('[' || m.days || ']')
    JOIN scheduling_section o ON o.id = n.section_id AND o.term_id = w.term_id AND o.status = 'ACTIVE'
    JOIN scheduling_course c ON c.id = o.course_id
    WHERE NOT EXISTS (
        SELECT 1 FROM scheduling_relationshipmember a JOIN scheduling_relationshipmember b
            ON a.relationship_id = b.relationship_id
        WHERE a.section_id = w.id AND b.section_id = o.id AND a.kind = 'CROSSLIST')
"""

CROSSLISTED = """
    DELETE FROM integration_runissue i
    USING scheduling_relationshipmember a
    JOIN scheduling_section s ON s.id = a.section_id
    JOIN scheduling_relationshipmember b
        ON b.relationship_id = a.relationship_id AND b.section_id <> a.section_id
    JOIN scheduling_section o ON o.id = b.section_id
    WHERE a.kind = 'CROSSLIST' AND a.term_id = %(term)s
      AND i.run_id = (
          SELECT max(id) FROM integration_mergerun WHERE merge_type = 'sections' AND term_id = %(term)s)
      AND i.code = 'ROOM_DOUBLE_BOOKED' AND i.record = s.sis_id
      AND position('(' || o.sis_id || ')' IN i.message) > 0
"""

CREDITS = """
    SELECT %(run)s, w.sis_id, 'credits', 'VARIABLE_CREDITS', w.label || ' has variable credit.', '', '', true
    FROM written w WHERE w.credits IS NULL
"""


def unflag_crosslisted(term: str) -> None:
    """Take back that members of one crosslist share a room: sections come in before their groups do."""
    with connection.cursor() as cursor:
        cursor.execute(CROSSLISTED, {"term": term})


def flag_sections(plan: Plan, *, run_id: int) -> None:
    """Note doubly used numbers, double-booked rooms and variable credit among what `plan` wrote."""
    with connection.cursor() as cursor:
        if plan.run.counts["local_create"] > ANALYZE_FROM:
            # After a first load PostgreSQL plans as for an empty table, and compares all with all.
            cursor.execute("ANALYZE scheduling_meeting, scheduling_section")
        for statement in (NUMBERS, ROOMS, CREDITS):
            cursor.execute(WRITTEN + statement, {"plan": plan.pk, "term": plan.term_id, "run": run_id})
