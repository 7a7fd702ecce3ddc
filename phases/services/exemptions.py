"""Granting and ending exemptions."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.db import transaction

from phases.errors import RuleRefused
from phases.models import Exemption
from phases.rules import ANY_FIELD

from .recording import CREATE, UPDATE, Record, RuleChange, record_all
from .rule_rows import check_fields


@transaction.atomic
def grant_exemption(
    term_id: str,
    *,
    user_id: int,
    fields: Collection[str],
    until: dt.datetime,
    reason: str,
    granted_by: int | None,
    now: dt.datetime,
    known_fields: Collection[str],
    record: Record,
    section_id: int | None = None,
    department: str | None = None,
) -> int:
    """Let a user edit `fields` of one section, or of one department's sections, until then; returns its id.

    Raises `RuleRefused`: no field, reason, user, or not exactly one of section and department; a section of
    another term; an end that is over; nothing that they do not have already.
    """
    names = sorted(set(fields))
    _check_what(names, reason=reason, is_over=until <= now, known_fields=known_fields)
    _check_target(term_id, user_id=user_id, section_id=section_id, department=department)
    same = Exemption.objects.filter(
        term=term_id, user=user_id, section=section_id, department=department, until__gte=until
    )
    if same.filter(since__lte=now, fields__contains=names).exists():
        raise RuleRefused("The user is exempt for this already, until then or longer.", "fields")
    made = Exemption.objects.create(
        term_id=term_id,
        user_id=user_id,
        section_id=section_id,
        department_id=department,
        fields=names,
        since=now,
        until=until,
        reason=reason.strip(),
        granted_by_id=granted_by,
    )
    _record(made, CREATE, record, after=_shown(made))
    return made.pk


@transaction.atomic
def revoke_exemption(exemption_id: int, *, now: dt.datetime, record: Record) -> None:
    """End an exemption now. Raises `RuleRefused` if there is none or it is over."""
    held = Exemption.objects.select_for_update().filter(pk=exemption_id).first()
    if held is None or held.until <= now:
        raise RuleRefused("This exemption is over already.", "until")
    before, held.until = held.until, max(now, held.since)
    held.save(update_fields=["until"])
    _record(held, UPDATE, record, field="until", before=before.isoformat(), after=held.until.isoformat())


def _record(one: Exemption, action: str, record: Record, **values: Any) -> None:
    change = RuleChange(
        action=action, record_type="exemption", record_id=str(one.pk), term_code=one.term_id, **values
    )
    record_all([change], record)


def _check_what(names: Collection[str], *, reason: str, is_over: bool, known_fields: Collection[str]) -> None:
    if not names or ANY_FIELD in names:
        raise RuleRefused("Name the fields that may be edited.", "fields")
    check_fields(names, known_fields)
    if not reason.strip():
        raise RuleRefused("Say why; the reason stands in the audit.", "reason")
    if is_over:
        raise RuleRefused("An exemption ends in the future.", "until")


def _check_target(term_id: str, *, user_id: int, section_id: int | None, department: str | None) -> None:
    if (section_id is None) == (department is None):
        raise RuleRefused("An exemption is for one section or for one department.", "section")
    wanted: list[tuple[str, dict[str, Any], str, str]] = [
        ("Term", {"pk": term_id}, "There is no such term.", "term"),
        ("User", {"pk": user_id}, "There is no such user.", "user"),
    ]
    if section_id is not None:
        wanted.append(
            ("Section", {"pk": section_id, "term_id": term_id}, "The term has no such section.", "section")
        )
    else:
        wanted.append(("Department", {"pk": department}, "There is no such department.", "department"))
    for model, given, sentence, field in wanted:
        if not apps.get_model("scheduling", model)._default_manager.filter(**given).exists():
            raise RuleRefused(sentence, field)


def _shown(one: Exemption) -> dict[str, Any]:
    return {
        "user": one.user_id,
        "section": one.section_id,
        "department": one.department_id,
        "fields": one.fields,
        "since": one.since.isoformat(),
        "until": one.until.isoformat(),
        "reason": one.reason,
    }
