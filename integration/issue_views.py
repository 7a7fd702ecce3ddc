"""What a run reported of records, as people read it: under the record's name, not its id in the SIS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integration.group_labels import labels_of_groups
from integration.models import Link, RunIssue
from scheduling.selectors import labels_of_sections

Key = tuple[str, str | None, str]
"""Merge type, code of the term, id in the SIS."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueView:
    """One issue. `record`: the record's name, else its id, blank where the issue is about the run.

    `section_id`: the section on whose page it stands, where that is here; `sentence`: the message without
    the name in front.
    """

    stored: RunIssue
    record: str
    section_id: int | None
    sentence: str


def issue_views(issues: Sequence[RunIssue]) -> list[IssueView]:
    """`issues`, with their runs loaded, in at most three queries."""
    named = _named(issues)
    return [_view(one, *named.get(_key(one), (one.record, None))) for one in issues]


def _view(issue: RunIssue, name: str, section_id: int | None) -> IssueView:
    said = issue.message.removeprefix(f"{name}: ")
    return IssueView(stored=issue, record=name, section_id=section_id, sentence=said[:1].upper() + said[1:])


def _key(issue: RunIssue) -> Key:
    return issue.run.merge_type, issue.run.term_id, issue.record


def _named(issues: Sequence[RunIssue]) -> Mapping[Key, tuple[str, int | None]]:
    """Key -> name and section, of the records that Tandem knows."""
    keys = {_key(one) for one in issues if one.record and one.run.term_id}
    if not keys:
        return {}
    links = Link.objects.filter(
        term__in={term for _type, term, _id in keys}, sis_id__in={record for _type, _term, record in keys}
    )
    found = {(link.merge_type, link.term_id, link.sis_id or ""): link for link in links.order_by("id")}
    links_asked = [link for key, link in found.items() if key in keys]
    sections = labels_of_sections({one.section_id for one in links_asked if one.section_id})
    groups = labels_of_groups({one.relationship_id for one in links_asked if one.relationship_id})
    named: dict[Key, tuple[str, int | None]] = {}
    for key, link in found.items():
        group = groups.get(link.relationship_id or 0)
        name = sections.get(link.section_id or 0) or (group.text if group else str(link))
        named[key] = name, link.section_id or (group.section_id if group else None)
    return named
