"""Editing a section: the form on a page of its own or in a dialog, its checks, and the save."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduling.domain.errors import ConfirmationNeeded, NotFound, StaleVersion
from scheduling.editor_words import anchored, listed_people, overlap_lines, saved_words
from scheduling.models import Section
from scheduling.returning import came_from, go
from scheduling.section_editor import Checked, Editor
from scheduling.services.sections import Saved
from scheduling.terms import remember_term
from scheduling.undo_offer import tell_saved
from scheduling.visibility import viewer_of, visible_sections

TRIES = 3
MORE = {"add-meeting": {"meetings": 1}, "add-instructor": {"instructors": 1}}


@require_http_methods(["GET", "HEAD", "POST"])
def section_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The editor of a section that the person may see; what they may change of it, the write service decides.

    POST with ``do=check`` only tells what saving would say, ``add-meeting`` and ``add-instructor`` add a row.
    """
    editor = editor_of(request, pk)
    remember_term(request, editor.section.term_id)
    if request.method != "POST":
        return _form(request, editor)
    do = request.POST.get("do", "save")
    if do in MORE and "confirmed" not in request.POST:
        editor.posted, editor.more_rows = request.POST, MORE[do]
        return _form(request, editor)
    if do == "check" and "confirmed" not in request.POST:
        return _checked(request, editor)
    editor, saved = saved_by(request, editor, request.POST)
    return go_back(request, editor, saved) if saved else _form(request, editor, status=status_of(editor))


def saved_by(request: HttpRequest, editor: Editor, data: QueryDict) -> tuple[Editor, Saved | None]:
    """Save `data`, again where somebody else saves in this very moment; the editor that did it."""
    for _try in range(TRIES):
        try:
            return editor, editor.save(data)
        except NotFound:
            raise Http404 from None
        except StaleVersion:
            editor = editor_of(request, editor.section.pk)
    raise StaleVersion("This section is being saved by others all the time; try again in a moment.")


def editor_of(request: HttpRequest, pk: int) -> Editor:
    """The editor of a section for the person who asks. Raises `Http404` where they may not see it."""
    user, viewer = viewer_of(request)
    sections: QuerySet[Section] = visible_sections(viewer)
    found = sections.select_related("term", "course__department").filter(pk=pk).first()
    if found is None:
        raise Http404
    return Editor(section=found, user=user, viewer=viewer, now=timezone.now())


def status_of(editor: Editor) -> int:
    """The status of a page that asks again."""
    return 409 if editor.overlaps or editor.students else 422


def _checked(request: HttpRequest, editor: Editor) -> HttpResponse:
    checked = editor.check(request.POST)
    if request.htmx:  # type: ignore[attr-defined]  # the middleware of django-htmx
        shown = {"checked": checked, "capacity": request.POST.get("value.capacity", "")}
        return render(request, "scheduling/editor/checks.html", shown)
    return _form(request, editor, checked=checked)


def _form(
    request: HttpRequest, editor: Editor, *, checked: Checked | None = None, status: int = 200
) -> HttpResponse:
    section = editor.section
    errors = [one for one in editor.errors if not isinstance(one, ConfirmationNeeded)]
    question = next((one.message for one in editor.errors if isinstance(one, ConfirmationNeeded)), "")
    editor.errors = errors
    groups = editor.groups()
    shown: dict[str, Any] = {
        "title": f"Edit {section}",
        "section": section,
        "term": section.term,
        "editor": editor,
        "line": editor.line,
        "groups": groups,
        "errors": anchored(errors, groups),
        "question": question,
        "overlaps": overlap_lines(editor),
        "others": listed_people(editor.since),
        "checked": checked,
        "capacity": request.POST.get("value.capacity", ""),
        "patterns": editor.choices.patterns,
        "rooms": editor.choices.rooms,
        "people": editor.choices.people,
        "is_all_locked": editor.is_all_locked,
        "save_words": "Save",
        "action": reverse("section_edit", args=[section.pk]),
        "back": came_from(request, usual=reverse("section", args=[section.pk])),
        "next": came_from(request, usual=""),
        "is_in_dialog": bool(request.htmx),  # type: ignore[attr-defined]  # as above
        "form_template": "scheduling/editor/form.html",
    }
    template = "form" if shown["is_in_dialog"] else "page"
    return render(request, f"scheduling/editor/{template}.html", shown, status=status)


def go_back(request: HttpRequest, editor: Editor, saved: Saved) -> HttpResponse:
    """On to where the person came from, with what was saved and what the checks note."""
    words, warnings = saved_words(editor, saved)
    if saved.changed:
        tell_saved(request, words, section_id=saved.section_id, version=saved.version)
    else:
        messages.info(request, words)
    for one in warnings:
        messages.warning(request, one)
    return go(request, came_from(request, usual=reverse("section", args=[editor.section.pk])))
