"""The rules of `status_rules` as one statement: the state of every section of a term, and no record loaded.

`status_rules` says why a record stands where it stands; this says only where. A test brings each reason
about in every way that there is and compares the two (tests/db/campus).
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection

from integration.fieldsets import LOCAL_MEMBER, section_policies
from integration.outstanding import TOLD_ANEW
from integration.relationship_type import SMALLEST_GROUP
from integration.sis.port import SENDABLE_TYPES, MergeType
from integration.standing import Standing
from integration.status_facts import UNCHANGING
from integration.status_rules import HINDERED, SEVERITY, Channel, Code, State, barred, state_of

_NEAR = """
SELECT * FROM (
    SELECT r.id,
        coalesce(l.state, 'NEW') = 'NEW' AS is_new,
        (l.state IN ('LINKED', 'MISSING_IN_SIS')) IS TRUE AS is_in_both,
        (l.state IN ('CREATING', 'UNKNOWN_OUTCOME')) IS TRUE AS is_unknown,
        (l.state = 'MISSING_IN_SIS') IS TRUE AS is_missing,
        (l.agreed_version <> r.version AND l.baseline IS NOT NULL) IS TRUE AS may_differ,
        coalesce(o.error_class, '') AS met,
        (o.state = 'PARKED') IS TRUE AS is_parked,
        -- A claim that somebody left counts as waiting.
        (o.state = 'AWAITING' OR (o.state = 'SENDING' AND o.lease_until >= %(now)s)) IS TRUE AS is_sent,
        h.link_id IS NOT NULL AS is_held,
        h.is_whole IS TRUE AS is_held_whole,
        EXISTS (
            SELECT FROM integration_planrow p
            WHERE p.link_id = l.id AND p.plan_id = %({kind}_plan)s AND p.action <> ALL (%(unchanging)s)
        ) AS is_planned,
        (r.sis_id IN (
            SELECT i.record FROM integration_runissue i
            WHERE i.run_id = %({kind}_import)s AND NOT i.is_notice
                AND NOT EXISTS (SELECT FROM unnest(%(told_anew)s) begins WHERE starts_with(i.code, begins))
        )) IS TRUE AS is_refused,
        {more}
    FROM {table} r
    LEFT JOIN integration_link l ON l.{column} = r.id
    LEFT JOIN integration_outboundchange o ON o.link_id = l.id
    LEFT JOIN (
        SELECT link_id, bool_or(field = '') AS is_whole FROM integration_conflict
        WHERE status = 'OPEN' GROUP BY link_id
    ) h ON h.link_id = l.id
    WHERE r.term_id = %(term)s AND {where}
) facts
WHERE NOT (
    is_in_both AND met = '' AND NOT (is_missing OR may_differ OR is_parked OR is_sent OR is_held OR is_refused
        OR is_planned)
)
"""
"""What is known of the records of one type that may be apart from the SIS; all others are synced."""
_SECTIONS = _NEAR.format(
    kind="sections",
    table="scheduling_section",
    column="section_id",
    where="TRUE",
    more="""
        r.status = 'CANCELLED' AS is_cancelled,
        FALSE AS is_waiting,
        FALSE AS is_unfit,
        (l.edits_version = r.version AND coalesce(r.sis_id, '') <> ALL (%(own_rules)s)) IS TRUE AS is_known,
        l.edits ?| %(sent)s AS is_edited
    """,
)
_GROUPS = _NEAR.format(
    kind="relationships",
    table="scheduling_relationship",
    column="relationship_id",
    where="r.kind = ANY (%(kinds)s)",
    more="""
        FALSE AS is_cancelled,
        TRUE AS is_known,
        -- As `edited_fields` compares. Capacity and members may be sent, the kind never changes.
        (CASE WHEN l.agreed_version <> r.version THEN
            l.baseline -> 'capacity' <> coalesce(to_jsonb(r.capacity), 'null')
            OR l.baseline -> 'members' <> coalesce((
                SELECT jsonb_agg(
                    jsonb_build_object('section', named.section, 'is_primary', named.is_primary)
                    ORDER BY named.section COLLATE "C"
                ) FROM (
                    SELECT coalesce(s.sis_id, %(local)s || s.id) AS section, n.is_primary
                    FROM scheduling_relationshipmember n JOIN scheduling_section s ON s.id = n.section_id
                    WHERE n.relationship_id = r.id
                ) named
            ), '[]')
        END) IS TRUE AS is_edited
    """,
)
_TOLD = """
SELECT id, is_unclear, CASE
    WHEN is_refused OR (is_open AND is_parked AND NOT is_held_whole) THEN %(REJECTED)s
    WHEN is_held OR (is_still AND NOT has_something AND is_planned)
        OR (moves AND NOT is_sent AND CASE WHEN %({kind}_closed)s IS NULL
            THEN is_unfit OR (is_tried AND met = ANY (%({kind}_held)s))
            ELSE %({kind}_closed)s = %(HELD)s END) THEN %(HELD)s
    WHEN is_missing OR (is_new AND is_cancelled)
        OR (moves AND NOT is_sent AND CASE WHEN %({kind}_closed)s IS NULL
            THEN is_tried AND met = ANY (%({kind}_not_synced)s)
            ELSE %({kind}_closed)s = %(NOT_SYNCED)s END) THEN %(NOT_SYNCED)s
    WHEN moves THEN %(ON_ITS_WAY)s
    ELSE %(SYNCED)s END AS severity
FROM {facts}
CROSS JOIN LATERAL (
    SELECT is_new OR is_in_both OR is_unknown AS is_open,
        -- What no attempt has met anything with, and is not known to differ, has to be compared.
        may_differ AND NOT is_known AND is_in_both AND met = '' AS is_unclear,
        may_differ AND CASE WHEN is_known THEN is_edited
            ELSE id = ANY (%(unsent)s::bigint[]) END AS is_unsent
) a
CROSS JOIN LATERAL (
    SELECT is_open AND NOT is_parked AS is_still,
        is_unknown OR (is_new AND NOT is_cancelled)
            OR (is_in_both AND (is_sent OR met <> '' OR is_unsent)) AS has_something
) b
CROSS JOIN LATERAL (
    SELECT is_still AND has_something AS moves, NOT is_waiting AND (NOT is_unknown OR met <> '') AS is_tried
) c
"""
"""Record -> how bad its state is (`SEVERITY`), and whether that hangs on a comparison of its values."""
_STATEMENT = f"""
WITH sections AS MATERIALIZED ({_SECTIONS}),
groups AS MATERIALIZED ({_GROUPS}),
members AS (
    SELECT g.id AS group_id, count(s.id) < %(smallest)s AS is_too_small,
        coalesce(bool_or(s.sis_id IS NULL), FALSE) AS is_waiting,
        -- `relationship_type.LOST`
        coalesce(bool_or(l.state = 'RETIRED' OR (coalesce(l.state, 'NEW') = 'NEW' AND s.sis_id IS NULL
            AND s.status = 'CANCELLED')), FALSE) AS has_lost
    FROM groups g
    LEFT JOIN scheduling_relationshipmember m ON m.relationship_id = g.id
    LEFT JOIN scheduling_section s ON s.id = m.section_id
    LEFT JOIN integration_link l ON l.section_id = s.id
    GROUP BY g.id
),
whole_groups AS (
    SELECT groups.*, is_waiting, is_too_small OR (is_new AND has_lost) AS is_unfit
    FROM groups JOIN members ON group_id = id
),
by_member AS (
    SELECT m.section_id, min(g.severity) AS severity
    FROM ({_TOLD.format(kind="relationships", facts="whole_groups")}) g
    JOIN scheduling_relationshipmember m ON m.relationship_id = g.id
    GROUP BY m.section_id
),
by_itself AS ({_TOLD.format(kind="sections", facts="sections")})
SELECT least(s.severity, g.severity) AS worst, array_agg(coalesce(s.id, g.section_id)),
    array_agg(s.id) FILTER (WHERE s.is_unclear)
FROM by_itself s FULL JOIN by_member g ON g.section_id = s.id
GROUP BY worst
"""


class Found(NamedTuple):
    """State -> ids of its sections, but for those that are synced by all means; and ids of the unclear.

    What an unclear section differs in from what was agreed is not known (`integration.edits`). It was taken
    for one with nothing to send, unless it was among those that have something.
    """

    near: Mapping[State, Sequence[int]]
    unclear: Sequence[int]


def near_sections(standing: Standing, *, term: str, unsent: Collection[int] = ()) -> Found:
    """The sections of a term that may be apart from the SIS by themselves or with a group, in one query.

    `unsent`: those of the unclear that have something to send.
    """
    rules = standing.settings.of(MergeType.SECTIONS)
    policies = section_policies(standing.fields, rules, standing.able)
    given: dict[str, Any] = {
        **{state.name: rank for state, rank in SEVERITY.items()},
        "term": term,
        "now": standing.now,
        "kinds": list(standing.able.relationship_kinds),
        "smallest": SMALLEST_GROUP,
        "unchanging": [str(one) for one in UNCHANGING],
        "told_anew": list(TOLD_ANEW),
        "local": LOCAL_MEMBER,
        "own_rules": list(rules.overrides),
        "sent": [one.name for one in policies if one.can_send],
        # As one constant: an array of many items is put together item by item.
        "unsent": f"{{{','.join(map(str, unsent))}}}",
    }
    for kind in SENDABLE_TYPES:
        channel = standing.channels.get((kind.value, term), Channel())
        given |= {f"{kind.value}_{name}": one for name, one in _of_channel(channel).items()}
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, given)
        rows = cursor.fetchall()
    states = list(State)
    return Found(
        near={states[severity]: ids for severity, ids, _unclear in rows},
        unclear=[pk for *_ids, unclear in rows for pk in unclear or ()],
    )


def _of_channel(channel: Channel) -> Mapping[str, Any]:
    """What the statement has to know of a type's channel: `status_rules._on_the_way`."""
    closed = barred(channel)
    codes = {
        hindrance: Code.REAL_TIME_OFF if code is Code.QUEUED and not channel.is_real_time else code
        for hindrance, code in HINDERED.items()
    }
    return {
        "import": channel.last_import,
        "plan": channel.plan,
        "closed": None if closed is None else SEVERITY[state_of(closed)],
        "held": [one.value for one, code in codes.items() if state_of(code) is State.HELD],
        "not_synced": [one.value for one, code in codes.items() if state_of(code) is State.NOT_SYNCED],
    }
