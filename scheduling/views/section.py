"""The page of a section: what it holds, how far the SIS has it, why each value is what it is, its history."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from scheduling import history, history_words, integration_side
from scheduling.asking import asked
from scheduling.domain.fields import Catalogue, Field
from scheduling.group_names import group_names
from scheduling.models import Section
from scheduling.paging import BadCursor
from scheduling.section_ending import deeds_of, refusal_of, refusal_to_create
from scheduling.section_groups import group_locks, groups_of
from scheduling.section_page import shown_section
from scheduling.section_status import WhyShown, side_for, status_line, values_of, why
from scheduling.selectors import catalogue, section_state
from scheduling.services.field_locks import FieldLocks
from scheduling.services.undo import KEPT_BY_SIS, PEOPLES
from scheduling.terms import remember_term
from scheduling.value_names import ValueNames, names_in
from scheduling.visibility import (
    Viewer,
    viewer_of,
    visible_departments,
    visible_sections,
)

NO_WHY = "Your role does not see the merges with the SIS, so it cannot be told why a value is what it is."
NO_SUCH_PLACE = "That place in the history is not there; this is its beginning."


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the address asks for beyond the section; `field`: its history alone. `side` None: not for them."""

    why: Field | None
    field: Field | None
    cursor: str
    side: integration_side.IntegrationSide | None


@require_safe
def section(request: HttpRequest, pk: int) -> HttpResponse:
    """A section, one request the whole page. With htmx and ``?why=``: only the answer."""
    _user, actor = viewer_of(request)
    found = visible_sections(actor).select_related("term", "course__department").filter(pk=pk).first()
    if found is None:
        raise Http404
    side = side_for(actor, found)
    if "why" in request.GET and side is None:
        raise PermissionDenied(NO_WHY)
    remember_term(request, found.term_id)
    fields = catalogue()
    wanted = Asked(
        why=_field(request, "why", fields),
        field=_field(request, "history", fields),
        cursor=asked(request, "cursor"),
        side=side,
    )
    if request.htmx and "why" in request.GET:  # type: ignore[attr-defined]  # the middleware of django-htmx
        return render(request, "scheduling/section/answer.html", _answer(found, wanted))
    return render(request, "scheduling/section.html", _page(request, found, fields, wanted, actor))


def _field(request: HttpRequest, parameter: str, fields: Catalogue) -> Field | None:
    """The field that a parameter names; a name that is none is said."""
    name = asked(request, parameter)
    found = next((one for one in fields if one.name == name), None)
    if name and found is None:
        messages.warning(request, f"Sections have no field “{name}”, so there is nothing to tell of it.")
    return found


def _why(found: Section, wanted: Asked) -> WhyShown | None:
    if wanted.why is None or wanted.side is None:
        return None
    return why(found.pk, wanted.why, side=wanted.side, now=timezone.now())


def _answer(found: Section, wanted: Asked) -> dict[str, Any]:
    answer = _why(found, wanted)
    names = names_in(values_of(answer), term_code=found.term_id)
    return {"section": found, "why": answer, "why_names": names.of(wanted.why)}


def _page(
    request: HttpRequest, found: Section, fields: Catalogue, wanted: Asked, actor: Viewer
) -> dict[str, Any]:
    now, side = timezone.now(), wanted.side
    values = section_state(found.pk).values
    rows, answer = _rows(request, found, wanted), _why(found, wanted)
    held = [(field, values.get(field.name)) for field in fields]
    names = names_in(
        [*held, *history_words.values_in(rows, fields), *values_of(answer)], term_code=found.term_id
    )
    groups = groups_of(found, actor)
    locks = FieldLocks(
        terms=[found.term_id], at=now, user_id=actor.user_id, fields=fields, roles=actor.rights.roles
    )
    return {
        "section": found,
        "shown": shown_section(found, values, locks, names, actor=actor),
        "can_undo": is_own_last_save(rows, found, actor.user_id),
        **_deeds(found, actor, locks),
        "groups": groups,
        "can_ask_why": side is not None,
        "line": status_line(found, fields, viewer=actor, side=side, now=now),
        "why": answer,
        "why_names": names.of(wanted.why),
        "fields": fields,
        "history_field": wanted.field,
        "history": rows,
        "saves": _saves(found, rows, fields, names, wanted=wanted, actor=actor),
    }


def _saves(
    found: Section,
    rows: history.SavedRows,
    fields: Catalogue,
    names: ValueNames,
    *,
    wanted: Asked,
    actor: Viewer,
) -> list[history_words.Save]:
    return history_words.in_words(
        rows,
        fields,
        names,
        rule_words=wanted.side.rule_words if wanted.side else None,
        name=wanted.field.name if wanted.field else "",
        section_id=found.pk,
        groups=group_names(chain.from_iterable(rows.saves), visible_departments(actor)),
    )


def _deeds(found: Section, actor: Viewer, locks: FieldLocks) -> dict[str, Any]:
    """What the reader may do with the section and with its groups, and why not the rest."""
    policy = locks.policies[found.term_id]
    return {
        "refuses_new": refusal_to_create(found, actor, policy),
        "deeds": [(deed, refusal_of(deed, found, actor, policy)) for deed in deeds_of(found)],
        "group_locks": group_locks(found, actor, locks),
    }


def _rows(request: HttpRequest, found: Section, wanted: Asked) -> history.SavedRows:
    name = wanted.field.name if wanted.field else ""
    try:
        return history.saved_rows(found.pk, name=name, cursor=wanted.cursor)
    except BadCursor:
        messages.warning(request, NO_SUCH_PLACE)
        return history.saved_rows(found.pk, name=name)


def is_own_last_save(rows: history.SavedRows, found: Section, user_id: int | None) -> bool:
    """Whether the section's last save stands on the page and is the reader's own.

    What the SIS keeps may have come since.
    """
    version = found.version
    for save in rows.saves:
        if save[0].record_type != "section":
            continue
        if save[0].version != version:
            return False
        if any(row.field not in KEPT_BY_SIS for row in save):
            return save[0].actor_id == user_id and save[0].source in PEOPLES
        version -= 1
    return False
