"""Asking for a change that one may not make, and answering: applied by who may, or refused in words."""

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import F

from scheduling.domain.errors import ActionRefused, InvalidValue, NotFound
from scheduling.domain.fields import Catalogue, Field
from scheduling.domain.values import canonical, is_storable
from scheduling.models import ChangeLog, ChangeRequest, Section, User
from scheduling.selectors import section_state

from .audit import Author, Change, write_changes
from .references import References
from .section_values import read_changes
from .sections import Saved, update_section

LONGEST = 500
RECORD_TYPE = "change_request"
State = ChangeRequest.State


@transaction.atomic
def ask_for_change(
    section: Section, field: Field, raw: object, *, reason: str, lock: str, author: Author
) -> ChangeRequest:
    """Ask for `raw` in `field` of `section`. `lock`: why the author may not change it themselves.

    Raises `InvalidValue` for a value that the field cannot hold or that stands there already, without a
    reason, or where the same person asks for the field already; `ActionRefused` where nothing is locked.
    """
    if author.user is None:
        raise ActionRefused("Nobody signs this request; sign in first.")
    if not lock:
        raise ActionRefused(f"{field.label} {field.are} open to you; make the change in the form.")
    if field.is_from_sis:
        raise ActionRefused(lock)
    reason = _text(reason, "Say why the change is needed, so that somebody can decide.")
    values = section_state(section.pk).values
    changed = read_changes({field.name: raw}, fields=Catalogue((field,)), term=section.term, before=values)
    References([(section.term, values, changed)]).check(changed, values, section.term)
    if not changed:
        raise InvalidValue(f"{field.label} holds that already; ask for another value.", field.name)
    request = ChangeRequest(
        term=section.term,
        section=section,
        field=field.name,
        wanted=msgspec.to_builtins(changed[field.name]),
        seen=msgspec.to_builtins(values.get(field.name)),
        reason=reason,
        requester=author.user,
        asked_at=author.now,
    )
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        raise InvalidValue(
            f"You ask for {field.label} of {section} already; withdraw that request first.", field.name
        ) from None
    _audit(request, before=None, author=author)
    return request


@transaction.atomic
def withdraw_request(request_id: int, *, author: Author) -> None:
    """Take back one's own request. Raises `NotFound`, `ActionRefused`."""
    request = _open(request_id)
    if author.user is None or request.requester_id != author.user.pk:
        raise ActionRefused("Only who asked may withdraw the request.")
    _decide(request, State.WITHDRAWN, sentence="", author=author)


@transaction.atomic
def approve_request(
    request_id: int, *, fields: Catalogue, author: Author, version: int | None, sentence: str = ""
) -> Saved:
    """Apply the request through the write service, signed by the author, who must be let change the field.

    Raises `NotFound`, `ActionRefused`, and what `update_section` raises; then nothing is decided.
    """
    request = _open(request_id)
    if request.field not in fields:
        raise NotFound("The field of this request is gone.")
    wanted = canonical(fields[request.field], request.wanted)
    saved = update_section(request.section_id, {request.field: wanted}, author=author, version=version)
    _decide(request, State.APPROVED, sentence=_short(sentence), author=author)
    return saved


@transaction.atomic
def refuse_request(request_id: int, *, lock: str, author: Author, sentence: str) -> None:
    """Refuse it in a sentence. `lock`: why the author may not change the field, blank where they may.

    Raises `NotFound`, `ActionRefused`, `InvalidValue` without a sentence.
    """
    request = _open(request_id)
    if lock:
        raise ActionRefused(lock)
    words = _text(sentence, "Say in a sentence why not; the person who asked reads it.")
    _decide(request, State.REFUSED, sentence=words, author=author)


def mark_read(user: User) -> None:
    """The person has read the answers to their requests. No audit: it is no fact about the schedule."""
    User.objects.filter(pk=user.pk).update(unread_answers=0)


def _open(request_id: int) -> ChangeRequest:
    rows = ChangeRequest.objects.select_for_update(of=("self",)).select_related("section__course", "term")
    found = rows.filter(pk=request_id).first()
    if found is None:
        raise NotFound("There is no such request; its section may be gone.")
    if found.state != State.OPEN:
        raise ActionRefused(f"This request is answered already: {found.get_state_display().lower()}.")
    return found


def _decide(request: ChangeRequest, state: str, *, sentence: str, author: Author) -> None:
    before, request.state, request.sentence = request.state, state, sentence
    request.decided_by, request.decided_at = author.user, author.now
    request.save(update_fields=["state", "sentence", "decided_by", "decided_at"])
    if author.user is not None and author.user.pk != request.requester_id:
        User.objects.filter(pk=request.requester_id).update(unread_answers=F("unread_answers") + 1)
    _audit(request, before=before, author=author)


def _audit(request: ChangeRequest, *, before: str | None, author: Author) -> None:
    action = ChangeLog.Action.CREATE if before is None else ChangeLog.Action.UPDATE
    after = {
        "section": request.section_id,
        "field": request.field,
        "wanted": request.wanted,
        "reason": request.reason,
    }
    change = Change(
        action=action,
        record_type=RECORD_TYPE,
        record_id=str(request.pk),
        term_code=request.term_id,
        field="" if before is None else "state",
        before=before,
        after=after if before is None else request.state,
    )
    write_changes([change], author=author)


def _short(text: str) -> str:
    return " ".join(text.split())[:LONGEST] if is_storable(text) else ""


def _text(text: str, wanted: str) -> str:
    words = _short(text)
    if not words:
        raise InvalidValue(wanted, "reason")
    return words
