"""Changing many sections at once: the form, what it would do to each, the save."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from phases.policy import Permission
from scheduling.bulk_page import Bulk
from scheduling.bulk_rows import NAMES
from scheduling.bulk_wish import CANCEL, posted_ids
from scheduling.domain.errors import ConfirmationNeeded, DomainError, InvalidValue
from scheduling.models import Term, User
from scheduling.returning import came_from
from scheduling.section_list import sections_asked
from scheduling.services.bulk import MOST_SECTIONS
from scheduling.terms import term_of_page
from scheduling.views.sections import side_shown
from scheduling.visibility import Viewer, viewer_of

NO_EDIT = "Your role does not let you change sections. Ask the registrar's office for one that does."
TOO_MANY = f"Up to {MOST_SECTIONS} sections can be changed at a time; narrow the list down first."


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_edit(request: HttpRequest, term_code: str) -> HttpResponse:
    """The sections in ``ids``, or with ``all`` those that the list of this address finds.

    POST with ``do=preview`` shows what would be done, ``do=save`` does what was shown, and else the form is
    shown again. What may be changed, the write service decides for each section.
    """
    user, viewer = viewer_of(request)
    if viewer.departments(Permission.EDIT_SECTIONS) == frozenset():
        raise PermissionDenied(NO_EDIT)
    term = term_of_page(request, term_code)
    bulk = _bulk(request, term, user, viewer)
    if len(bulk.ids) > MOST_SECTIONS:
        bulk.errors.append(InvalidValue(TOO_MANY))
        bulk.ids = []
        return _form(request, bulk, status=422 if request.method == "POST" else 200)
    do = request.POST.get("do", "") if bulk.sections else ""
    if do not in {"preview", "save"}:
        return _form(request, bulk)
    if bulk.wish.errors:
        bulk.errors.extend(bulk.wish.errors)
        return _form(request, bulk, status=422)
    return _preview(request, bulk) if do == "preview" else _save(request, bulk)


def _bulk(request: HttpRequest, term: Term, user: User, viewer: Viewer) -> Bulk:
    now = timezone.now()
    data = request.POST if request.method == "POST" else request.GET
    ids = posted_ids(data)
    if request.method != "POST" and request.GET.get("all"):
        side = side_shown(viewer, term, now=now)
        found = sections_asked(term, viewer, request.GET, side=side, now=now)
        ids = list(found.values_list("pk", flat=True)[: MOST_SECTIONS + 1])
    return Bulk(term=term, user=user, viewer=viewer, now=now, ids=ids, data=data)


def _form(request: HttpRequest, bulk: Bulk, *, status: int = 200) -> HttpResponse:
    inputs = bulk.inputs()
    shown = {
        **_around(request, bulk),
        "inputs": inputs,
        "blanks": [name for name in bulk.data if name.startswith("blank.")],
        "written": {name.replace(".", "_"): bulk.data.get(name, "") for name in (*NAMES, CANCEL)},
        "choices": bulk.choices,
        "errors": bulk.errors,
        "left_out": len(bulk.ids) - len(bulk.sections),
    }
    return render(request, "scheduling/bulk/form.html", shown, status=status)


def _preview(request: HttpRequest, bulk: Bulk, *, sentence: str = "", status: int = 200) -> HttpResponse:
    shown = {
        **_around(request, bulk),
        "preview": bulk.preview(),
        "carried": bulk.carried(),
        "reason": bulk.data.get("reason", ""),
        "sentence": sentence,
    }
    return render(request, "scheduling/bulk/preview.html", shown, status=status)


def _around(request: HttpRequest, bulk: Bulk) -> dict[str, object]:
    """What both steps need: the sections, and the way back."""
    return {
        "term": bulk.term,
        "bulk": bulk,
        "ids": ",".join(map(str, bulk.sections)),
        "count": len(bulk.sections),
        "back": came_from(request, usual=reverse("sections", args=[bulk.term.pk])),
    }


def _save(request: HttpRequest, bulk: Bulk) -> HttpResponse:
    try:
        results = bulk.save()
    except ConfirmationNeeded as asked:
        sentence = f"{asked.message} Nothing is saved yet; save it all the same?"
        return _preview(request, bulk, sentence=sentence, status=409)
    except DomainError as refused:
        sentence = f"Nothing was saved. {refused.message}"
        return _preview(request, bulk, sentence=sentence, status=409)
    saved = sum(one.saved is not None and bool(one.saved.changed) for one in results)
    refused_count = sum(one.refusal is not None for one in results)
    messages.success(request, f"{saved} section{' is' if saved == 1 else 's are'} saved.")
    if refused_count:
        kept = "section stays as it is" if refused_count == 1 else "sections stay as they are"
        messages.warning(request, f"{refused_count} {kept}: refused, as the preview told.")
    return redirect(came_from(request, usual=reverse("sections", args=[bulk.term.pk])))
