"""Change requests as pages show them: who asks for what, what stands there now, and who may answer."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from phases.policy import SectionFacts
from scheduling.domain.fields import Catalogue
from scheduling.models import ChangeRequest, Term, User
from scheduling.selectors import catalogue, values_of_sections
from scheduling.services.field_locks import FieldLocks
from scheduling.value_names import ValueNames, names_in
from scheduling.visibility import Viewer, visible_sections

MOST = 200
"""So many open ones are looked through, the oldest first, and so many of one's own are listed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A request in words. `lock`: why the reader may not make this change; blank where they may answer."""

    request: ChangeRequest
    label: str
    field: str
    before: str
    wanted: str
    now: str
    lock: str

    @property
    def is_overtaken(self) -> bool:
        """Whether the field holds something else than when it was asked for."""
        return self.before != self.now


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestList:
    """`mine`: the reader's own, the newest first. `to_answer`: those that the reader may answer."""

    mine: Sequence[Shown]
    to_answer: Sequence[Shown]


def visible_requests(viewer: Viewer, user: User) -> QuerySet[ChangeRequest]:
    """The requests about sections that one sees, and one's own."""
    rows = ChangeRequest.objects.select_related("section__course", "term", "requester", "decided_by")
    return rows.filter(Q(section__in=visible_sections(viewer).order_by()) | Q(requester=user))


def request_list(term: Term, user: User, viewer: Viewer, *, now: dt.datetime) -> RequestList:
    """The requests of a term for one reader. A constant number of queries."""
    rows = visible_requests(viewer, user).filter(term=term)
    own = list(rows.filter(requester=user).order_by("-id")[:MOST])
    others = rows.filter(state=ChangeRequest.State.OPEN).exclude(requester=user).order_by("id")
    waiting = list(others[:MOST])
    shown = shown_requests([*own, *waiting], viewer, now=now)
    return RequestList(
        mine=[shown[one.pk] for one in own],
        to_answer=[shown[one.pk] for one in waiting if not shown[one.pk].lock],
    )


def shown_requests(rows: Sequence[ChangeRequest], viewer: Viewer, *, now: dt.datetime) -> dict[int, Shown]:
    """Request id -> it in words, for requests of one term."""
    if not rows:
        return {}
    fields, term = catalogue(), rows[0].term_id
    locks = FieldLocks(terms=[term], at=now, user_id=viewer.user_id, fields=fields, roles=viewer.rights.roles)
    values = values_of_sections([one.section_id for one in rows])
    current = {one.pk: values[one.section_id].values.get(one.field) for one in rows}
    names = names_in(_held(rows, current, fields), term_code=term)
    return {one.pk: _shown(one, current[one.pk], locks, names, viewer) for one in rows}


def _held(rows: Iterable[ChangeRequest], current: dict[int, Any], fields: Catalogue) -> list[Any]:
    return [
        (fields[one.field], value)
        for one in rows
        if one.field in fields
        for value in (one.seen, one.wanted, current[one.pk])
    ]


def _shown(one: ChangeRequest, current: Any, locks: FieldLocks, names: ValueNames, viewer: Viewer) -> Shown:
    shown = next((each for each in locks.fields if each.name == one.field), None)
    department = one.section.course.department_id
    locked = locks.of_section(
        actor=viewer,
        term_code=one.term_id,
        facts=SectionFacts(section_id=one.section_id, departments=frozenset([department])),
        sis_id=one.section.sis_id,
    )
    return Shown(
        request=one,
        label=str(one.section),
        field=shown.label if shown else one.field,
        before=names.words(shown, one.seen),
        wanted=names.words(shown, one.wanted),
        now=names.words(shown, current),
        lock=locked.get(one.field, "" if shown else "The field is gone."),
    )
