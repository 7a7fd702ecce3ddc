"""Reference data and courses as the SIS has them: written in bulk, with the same audit as a person's edits.

Nobody edits them here, so there is neither a version nor a phase to ask. What the SIS no longer has becomes
inactive, never deleted (MERGE.md, Records that come in). The callers hold the transaction.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from scheduling.models import Campus, ChangeLog, Course, Term

from .audit import Author, Change, write_changes


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedRecord:
    """One record to be as the SIS has it. `columns`: attribute -> value, all of them.

    `record_id`, `before` (None: it is new) and `after` are for the audit.
    """

    record_id: str
    columns: Mapping[str, Any]
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    rule: str


def save_records(
    model: type[models.Model],
    records: Sequence[SavedRecord],
    *,
    key: Collection[str],
    record_type: str,
    term_code: str,
    author: Author,
) -> None:
    """Create or overwrite the rows with these `key` attributes; they are active (again)."""
    if not records:
        return
    states = {"is_active": True} | ({"is_placeholder": False} if model is Course else {})
    model._default_manager.bulk_create(
        [model(**record.columns, **states) for record in records],
        update_conflicts=True,
        unique_fields=list(key),
        update_fields=[name for name in (*records[0].columns, *states) if name not in key],
    )
    write_changes(
        (
            Change(
                action=ChangeLog.Action.CREATE if record.before is None else ChangeLog.Action.UPDATE,
                record_type=record_type,
                record_id=record.record_id,
                term_code=term_code,
                before=record.before,
                after=record.after,
                rule=record.rule,
            )
            for record in records
        ),
        author=author,
    )


def inactivate_records(
    rows: models.QuerySet[Any],
    gone: Mapping[Any, str],
    *,
    record_type: str,
    term_code: str,
    rule: str,
    author: Author,
) -> None:
    """`gone`: primary key -> the record's id for the audit, of those of `rows` that the SIS no longer has."""
    rows.filter(pk__in=list(gone)).update(is_active=False)
    write_changes(
        (
            Change(
                action=ChangeLog.Action.UPDATE,
                record_type=record_type,
                record_id=record_id,
                term_code=term_code,
                before={"is_active": True},
                after={"is_active": False},
                rule=rule,
            )
            for record_id in gone.values()
        ),
        author=author,
    )


def add_term(values: Mapping[str, Any], *, author: Author) -> Term:
    """The term with this code; a new one gets these values (`code`, `name`, `start_date`, `end_date`)."""
    dates = {name: dt.date.fromisoformat(str(values[name])) for name in ("start_date", "end_date")}
    term, is_new = Term.objects.get_or_create(code=values["code"], defaults={"name": values["name"], **dates})
    if is_new:
        change = Change(
            action=ChangeLog.Action.CREATE,
            record_type="term",
            record_id=term.pk,
            term_code=term.pk,
            after=dict(values),
        )
        write_changes([change], author=author)
    return term


def add_campuses(codes: Iterable[str]) -> None:
    """Campuses have no list of their own: they come with what stands on them."""
    wanted = set(codes) - set(Campus.objects.order_by().values_list("code", flat=True))
    Campus.objects.bulk_create(
        [Campus(code=code, name=code) for code in sorted(wanted)], ignore_conflicts=True
    )


def add_placeholder_courses(
    wanted: Mapping[str, tuple[str, str]], *, term_code: str, author: Author
) -> dict[str, Course]:
    """Courses that sections refer to before the SIS has told of them: SIS id -> (subject, number)."""
    made = Course.objects.bulk_create(
        Course(term_id=term_code, sis_id=sis_id, subject=subject, number=number, is_placeholder=True)
        for sis_id, (subject, number) in wanted.items()
    )
    write_changes(
        (
            Change(
                action=ChangeLog.Action.CREATE,
                record_type="course",
                record_id=course.sis_id,
                term_code=term_code,
                after={"subject": course.subject, "number": course.number, "is_placeholder": True},
                rule="PLACEHOLDER",
            )
            for course in made
        ),
        author=author,
    )
    return {course.sis_id: course for course in made}
