"""Cancelling a section, making it active again, deleting it: asked once more with what it means."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduling.domain.errors import ConfirmationNeeded, DomainError, NotFound, StaleVersion
from scheduling.models import ChangeLog
from scheduling.returning import go
from scheduling.section_ending import ADVICE, DEEDS, DELETE, carry_out, outlook
from scheduling.services.audit import Author
from scheduling.terms import remember_term
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
    chosen, sentence, status = DEEDS[deed], "", 200
    now = timezone.now()
    if request.method == "POST":
        author = Author(
            now=now,
            source=ChangeLog.Source.FORM,
            user=user,
            reason=request.POST.get("reason", "").replace("\x00", "").strip()[:LONGEST_REASON],
            confirmed_students=_number(request.POST.get("students", "")),
        )
        try:
            carry_out(chosen, section, author=author, version=_number(request.POST.get("version", "")))
        except NotFound:
            raise Http404 from None
        except (ConfirmationNeeded, StaleVersion) as error:
            sentence, status = error.message, 409
            section.refresh_from_db()
        except DomainError as error:
            sentence, status = error.message, 422
        else:
            messages.success(request, f"{section} {chosen.done}.")
            gone = chosen.name == DELETE
            return go(
                request,
                reverse("sections", args=[section.term_id]) if gone else reverse("section", args=[pk]),
            )
    shown = {
        "section": section,
        "term": section.term,
        "title": f"{chosen.words}: {section}",
        "deed": chosen,
        "advice": ADVICE if chosen.name == DELETE else "",
        "outlook": outlook(chosen, section, user=user, now=now),
        "sentence": sentence,
        "action": request.path,
        "back": reverse("section", args=[pk]),
        "is_in_dialog": bool(request.htmx),  # type: ignore[attr-defined]  # the middleware of django-htmx
        "form_template": "scheduling/editor/end.html",
    }
    template = "end" if shown["is_in_dialog"] else "page"
    return render(request, f"scheduling/editor/{template}.html", shown, status=status)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004  # a version
