"""What the imports of sections and of relationships have in common: removals, and the SIS's own ids."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduling.domain.values import Value
from scheduling.models import ChangeLog, Relationship, Section

from .audit import Author, Change, write_changes
from .copying import update_rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """A section or relationship to remove; `before`: all it held, kept in the audit."""

    record_id: int
    before: Mapping[str, Value]


def removal_changes(
    removals: Sequence[Removal], record_type: str, term_code: str, rule: str
) -> Iterator[Change]:
    """One audit row for each removal, with all that the record held."""
    for one in removals:
        yield Change(
            action=ChangeLog.Action.DELETE,
            record_type=record_type,
            record_id=str(one.record_id),
            term_code=term_code,
            before=one.before,
            rule=rule,
        )


def set_sis_ids(
    model: type[Section | Relationship],
    pairs: Sequence[tuple[int, str | None]],
    *,
    author: Author,
    term_code: str,
) -> None:
    """Note the ids that the SIS gave to sections or relationships of ours."""
    update_rows(model._meta.db_table, ["sis_id"], pairs)
    write_changes(
        (
            Change(
                action=ChangeLog.Action.UPDATE,
                record_type=str(model._meta.model_name),
                record_id=str(pk),
                term_code=term_code,
                field="sis_id",
                after=sis_id,
            )
            for pk, sis_id in pairs
        ),
        author=author,
    )
