"""What a run reports of single records: held and rejected ones as sentences, and writing them down."""

from collections.abc import Iterable, Mapping
from typing import Any

from integration.merge.records import Rule
from integration.models import RunIssue
from integration.settings_rules import PLURAL
from integration.sis.port import Issue, Origin
from integration.wording import in_words
from scheduling.services.copying import copy_rows

COLUMNS = ("run_id", "record", "field", "code", "message", "file", "line", "column", "is_notice")
HELD_RULES = frozenset({Rule.ASK.value, Rule.SEMANTIC.value, Rule.FIGHT.value})
"""The rules that leave a field to a person."""


def write_issues(run_id: int, issues: Iterable[tuple[Issue, bool]]) -> None:
    """Append issues (with whether each is a mere notice) to a run."""
    copy_rows(
        RunIssue._meta.db_table,
        COLUMNS,
        (
            (
                run_id,
                issue.record[:200],
                issue.field,
                issue.code,
                issue.message,
                issue.origin.file,
                issue.origin.line,
                issue.column,
                is_notice,
            )
            for issue, is_notice in issues
        ),
    )


def as_issue(stored: RunIssue) -> Issue:
    """An issue of an earlier run, to be told again."""
    return Issue(
        code=stored.code,
        message=stored.message,
        record=stored.record,
        field=stored.field,
        origin=Origin(file=stored.file, line=stored.line),
        column=stored.column,
    )


def held_field(*, record: str, label: str, name: str, shown: Mapping[str, Any]) -> Issue:
    """A field that a person has to decide. `shown`: its `base`, `ours`, `theirs` and `rule`, JSON-ready."""
    ours, theirs, base = (in_words(shown[side]) for side in ("ours", "theirs", "base"))
    was, are = ("were", "are") if name in PLURAL else ("was", "is")
    match shown["rule"]:
        case Rule.FIGHT.value:
            what = f"the SIS keeps changing {name} back to {theirs}, and Tandem keeps {ours}"
        case Rule.SEMANTIC.value:
            what = (
                f"{name} {was} changed here to {ours} and in the SIS to {theirs}; together they break a rule"
            )
        case _:
            both = f"{ours} here and {theirs} in the SIS, and both sides changed it"
            what = f"{name} {are} {both} (before: {base})"
    return Issue(
        code=f"HELD_{shown['rule']}",
        message=f"{label}: {what}. A person has to choose; the rest of the record goes on.",
        record=record,
        field=name,
    )


def held_record(*, record: str, label: str, rule: str, note: str) -> Issue:
    """A record that as a whole waits for a person."""
    return Issue(code=f"HELD_{rule}", message=f"{label}: {note} A person has to choose.", record=record)
