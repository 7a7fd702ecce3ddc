"""Taking back the last save of a section: what it would bring back, then done."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduling.domain.errors import ConfirmationNeeded, DomainError, NotFound, StaleVersion
from scheduling.models import ChangeLog, Section, User
from scheduling.posted_numbers import whole
from scheduling.returning import came_from, go
from scheduling.selectors import catalogue
from scheduling.services.audit import Author
from scheduling.services.undo import LastSave, last_save, undo_last_save
from scheduling.terms import remember_term
from scheduling.value_names import names_in
from scheduling.visibility import viewer_of, visible_sections


@require_http_methods(["GET", "HEAD", "POST"])
def section_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then take it back. For who may see the section and saved it last."""
    user, viewer = viewer_of(request)
    section = visible_sections(viewer).select_related("term", "course").filter(pk=pk).first()
    if section is None:
        raise Http404
    remember_term(request, section.term_id)
    if request.method != "POST":
        return _ask(request, section, user)
    author = Author(
        now=timezone.now(),
        source=ChangeLog.Source.FORM,
        user=user,
        confirmed_students=whole(request.POST.get("students")) or 0,
    )
    try:
        is_there = undo_last_save(pk, author=author, version=whole(request.POST.get("version")) or 0)
    except NotFound:
        raise Http404 from None
    except ConfirmationNeeded as asked:
        return _ask(request, section, user, sentence=asked.message, students=asked.students, status=409)
    except StaleVersion as error:
        return _ask(request, section, user, sentence=error.message, status=409)
    except DomainError as error:
        return _ask(request, section, user, sentence=error.message, status=422)
    messages.success(request, f"The last save of {section} is taken back.")
    if not is_there:
        return go(request, reverse("sections", args=[section.term_id]))
    return go(request, came_from(request, usual=reverse("section", args=[pk])))


def _ask(
    request: HttpRequest,
    section: Section,
    user: User,
    *,
    sentence: str = "",
    students: int = 0,
    status: int = 200,
) -> HttpResponse:
    section.refresh_from_db()
    last = last_save(section, user.pk)
    is_in_dialog = bool(request.htmx)  # type: ignore[attr-defined]  # the middleware of django-htmx
    shown = {
        "section": section,
        "term": section.term,
        "title": f"Take back the last save of {section}",
        "last": last,
        "sentence": sentence,
        "students": students,
        "changes": _changes(last, section.term_id),
        "action": request.path,
        "back": came_from(request, usual=reverse("section", args=[section.pk])),
        "next": came_from(request, usual=""),
        "is_in_dialog": is_in_dialog,
        "form_template": "scheduling/editor/undo.html",
    }
    template = "undo" if is_in_dialog else "page"
    return render(request, f"scheduling/editor/{template}.html", shown, status=status)


def _changes(last: LastSave, term_code: str) -> list[dict[str, str]]:
    """What comes back, field by field, in words."""
    fields = catalogue()
    known = [name for name in last.before if name in fields]
    held = [(fields[name], values[name]) for values in (last.before, last.after) for name in known]
    names = names_in(held, term_code=term_code)
    return [
        {
            "label": fields[name].label,
            "now": names.words(fields[name], last.after[name]),
            "back": names.words(fields[name], last.before[name]),
        }
        for name in known
    ]
