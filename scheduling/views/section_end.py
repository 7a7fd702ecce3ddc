"""Cancelling a section, making it active again, deleting it: asked once more with what it means."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduling.domain.errors import ConfirmationNeeded, DomainError, NotFound, StaleVersion
from scheduling.models import ChangeLog, Section, User
from scheduling.posted_numbers import whole
from scheduling.returning import go
from scheduling.section_ending import ADVICE, DEEDS, DELETE, Deed, carry_out, outlook
from scheduling.services.audit import Author
from scheduling.terms import remember_term
from scheduling.undo_offer import tell_saved
from scheduling.visibility import viewer_of, visible_sections

LONGEST_REASON = 500


@require_http_methods(["GET", "HEAD", "POST"])
def section_end(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Ask, then do. For who may see the section; whether they may do it, the write service decides."""
    user, viewer = viewer_of(request)
    section = visible_sections(viewer).select_related("term", "course").filter(pk=pk).first()
    if section is None:
        raise Http404
    remember_term(request, section.term_id)
    if request.method != "POST":
        return _ask(request, DEEDS[deed], section, user)
    try:
        saved = carry_out(
            DEEDS[deed],
            section,
            author=_author(request, user),
            version=whole(request.POST.get("version")) or 0,
        )
    except NotFound:
        raise Http404 from None
    except (ConfirmationNeeded, StaleVersion) as error:
        section.refresh_from_db()
        return _ask(request, DEEDS[deed], section, user, sentence=error.message, status=409)
    except DomainError as error:
        return _ask(request, DEEDS[deed], section, user, sentence=error.message, status=422)
    words = f"{section} {DEEDS[deed].done}."
    if saved is None:
        messages.success(request, words)
        return go(request, reverse("sections", args=[section.term_id]))
    tell_saved(request, words, section_id=pk, version=saved.version)
    return go(request, reverse("section", args=[pk]))


def _author(request: HttpRequest, user: User) -> Author:
    return Author(
        now=timezone.now(),
        source=ChangeLog.Source.FORM,
        user=user,
        reason=request.POST.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON],
        confirmed_students=whole(request.POST.get("students")) or 0,
    )


def _ask(
    request: HttpRequest, deed: Deed, section: Section, user: User, *, sentence: str = "", status: int = 200
) -> HttpResponse:
    is_in_dialog = bool(request.htmx)  # type: ignore[attr-defined]  # the middleware of django-htmx
    shown = {
        "section": section,
        "term": section.term,
        "title": f"{deed.words}: {section}",
        "deed": deed,
        "advice": ADVICE if deed.name == DELETE else "",
        "outlook": outlook(deed, section, user=user, now=timezone.now()),
        "sentence": sentence,
        "action": request.path,
        "back": reverse("section", args=[section.pk]),
        "is_in_dialog": is_in_dialog,
        "form_template": "scheduling/editor/end.html",
    }
    return render(
        request, f"scheduling/editor/{'end' if is_in_dialog else 'page'}.html", shown, status=status
    )
