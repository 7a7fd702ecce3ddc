"""Moving one meeting of a section: what a drag in the week leads to, and the way without dragging."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from scheduling.asking import asked, asked_number
from scheduling.domain.errors import ConfirmationNeeded, InvalidValue
from scheduling.editor_words import listed_people, overlap_lines
from scheduling.input_choices import places_offered
from scheduling.returning import came_from, go
from scheduling.section_editor import Checked
from scheduling.section_move import Move, Wish, move_of, move_posted
from scheduling.terms import remember_term

from .section_edit import editor_of, go_back, saved_by, status_of

GONE = "This meeting was changed meanwhile, or has no day and time; here are all meetings of the section."


@require_http_methods(["GET", "HEAD", "POST"])
def section_move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the meeting ``?meeting=`` (its id); who may see the section sees the form.

    ``from``, ``to``, ``start`` and ``room`` fill it in, and the checks tell what that would mean: nothing is
    saved but by POST, and whether it may be, the write service decides. ``do=check`` only tells.
    """
    editor = editor_of(request, pk)
    remember_term(request, editor.section.term_id)
    if request.method == "POST":
        return _posted(request, move_posted(editor, request.POST))
    wish = Wish(
        origin=asked(request, "from"),
        target=asked(request, "to"),
        start_time=asked(request, "start"),
        place=asked(request, "room"),
    )
    move = move_of(editor, asked_number(request, "meeting", what="The meeting"), wish)
    if move is None:
        messages.warning(request, GONE)
        query = urlencode({"next": came_from(request, usual="")})
        return go(request, f"{reverse('section_edit', args=[pk])}?{query}")
    if not wish.is_any or "meetings" in editor.locks:
        return _form(request, move)
    return _checked(request, move)


def _posted(request: HttpRequest, move: Move) -> HttpResponse:
    editor = move.editor
    try:
        move.set_end()
    except InvalidValue as error:
        editor.errors = [error]
        return _form(request, move, status=422)
    if request.POST.get("do") == "check" and "confirmed" not in request.POST:
        return _checked(request, move)
    editor, saved = saved_by(request, editor, move.data)
    move = Move(editor=editor, data=move.data, number=move.number, length=move.length)
    return go_back(request, editor, saved) if saved else _form(request, move, status=status_of(editor))


def _checked(request: HttpRequest, move: Move) -> HttpResponse:
    """The form with what the checks say; alone where a script asks while somebody types."""
    try:
        move.set_end()
        checked = move.check()
    except InvalidValue as error:
        checked = Checked(refusals=[error])
    if request.method == "POST" and request.htmx:  # type: ignore[attr-defined]  # the middleware of django-htmx
        shown = {"checked": checked, "move": move, "capacity": move.editor.state.values.get("capacity")}
        return render(request, "scheduling/move/checks.html", shown)
    return _form(request, move, checked=checked)


def _form(
    request: HttpRequest, move: Move, *, checked: Checked | None = None, status: int = 200
) -> HttpResponse:
    editor, section = move.editor, move.editor.section
    question = next((one.message for one in editor.errors if isinstance(one, ConfirmationNeeded)), "")
    errors = [one for one in editor.errors if not isinstance(one, ConfirmationNeeded)]
    is_in_dialog = bool(request.htmx)  # type: ignore[attr-defined]  # as above
    shown = {
        "title": f"Move {section}",
        "section": section,
        "term": section.term,
        "editor": editor,
        "move": move,
        "lock": editor.locks.get("meetings", ""),
        "errors": [("input-meetings" if one.field == "meetings" else "", one.message) for one in errors],
        "question": question,
        "overlaps": overlap_lines(editor),
        "others": listed_people(editor.since),
        "checked": checked,
        "capacity": editor.state.values.get("capacity"),
        "rooms": places_offered()[1],
        "action": reverse("section_move", args=[section.pk]),
        "back": came_from(request, usual=reverse("section", args=[section.pk])),
        "next": came_from(request, usual=""),
        "is_in_dialog": is_in_dialog,
        "form_template": "scheduling/move/form.html",
    }
    template = "move/form" if is_in_dialog else "editor/page"
    return render(request, f"scheduling/{template}.html", shown, status=status)
