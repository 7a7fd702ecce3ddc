"""Change requests: asking for one, the list of them, and answering."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduling.domain.checks import CheckFailed
from scheduling.domain.errors import ConfirmationNeeded, DomainError
from scheduling.editor_words import anchored
from scheduling.models import ChangeLog, ChangeRequest, Section, User
from scheduling.posted_numbers import whole
from scheduling.posted_values import posted_values
from scheduling.request_list import Shown, request_list, shown_requests, visible_requests
from scheduling.section_editor import Editor
from scheduling.section_inputs import InputGroup, Inputs
from scheduling.selectors import catalogue
from scheduling.services.audit import Author
from scheduling.services.change_requests import (
    approve_request,
    ask_for_change,
    mark_read,
    refuse_request,
    withdraw_request,
)
from scheduling.services.previewing import previewed
from scheduling.terms import remember_term, term_of_page
from scheduling.visibility import Viewer, viewer_of, visible_sections


@require_http_methods(["GET", "HEAD", "POST"])
def change_request_new(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """Ask for a change of a field that is locked for the person, of a section that they see."""
    user, viewer = viewer_of(request)
    section = visible_sections(viewer).select_related("term", "course__department").filter(pk=pk).first()
    if section is None:
        raise Http404
    editor = Editor(section=section, user=user, viewer=viewer, now=timezone.now())
    if field not in editor.fields or editor.fields[field].is_from_sis:
        raise Http404
    remember_term(request, section.term_id)
    if field not in editor.locks:
        return redirect("section_edit", pk)
    if request.method != "POST":
        return _told_of_own(request, editor, field) or _asking(request, editor, field)
    editor.posted = request.POST
    shown = editor.fields[field]
    try:
        raw = posted_values(request.POST, [shown]).get(field)
        ask_for_change(
            section,
            shown,
            raw,
            reason=request.POST.get("reason", ""),
            lock=editor.locks[field],
            author=_author(user),
        )
    except DomainError as error:
        editor.errors = [error]
        return _asking(request, editor, field, status=422)
    messages.success(request, f"Your request for {shown.label} of {section} is with those who may change it.")
    return redirect("change_requests", section.term_id)


def _told_of_own(request: HttpRequest, editor: Editor, field: str) -> HttpResponse | None:
    """The way to the request that the person has made of this field already; None where there is none."""
    own = ChangeRequest.objects.filter(requester=editor.user, section=editor.section, field=field)
    waiting = own.filter(state=ChangeRequest.State.OPEN).order_by("pk").first()
    if waiting is None:
        return None
    label = editor.fields[field].label
    messages.info(
        request, f"You ask for {label} of {editor.section} already; withdraw this request to ask anew."
    )
    return redirect("change_request", waiting.pk)


def _asking(request: HttpRequest, editor: Editor, field: str, *, status: int = 200) -> HttpResponse:
    inputs = Inputs(
        fields=[editor.fields[field]],
        values=editor.state.values,
        locks={},
        choices=editor.choices,
        names=editor.names,
        posted=editor.posted,
        errors=editor.errors,
    )
    group = InputGroup(title="", inputs=[inputs.of(editor.fields[field])])
    shown = {
        "section": editor.section,
        "term": editor.section.term,
        "field": editor.fields[field],
        "lock": editor.locks[field],
        "group": group,
        "errors": anchored(editor.errors, [group]),
        "reason": request.POST.get("reason", ""),
        "patterns": editor.choices.patterns,
        "rooms": editor.choices.rooms,
        "people": editor.choices.people,
    }
    return render(request, "scheduling/requests/new.html", shown, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def change_requests(request: HttpRequest, term_code: str) -> HttpResponse:
    """One's own requests and those that one may answer. POST: the answers are read."""
    user, viewer = viewer_of(request)
    term = term_of_page(request, term_code)
    if request.method == "POST":
        mark_read(user)
        return redirect("change_requests", term.pk)
    found = request_list(term, user, viewer, now=timezone.now())
    return render(request, "scheduling/requests/list.html", {"term": term, "found": found})


@require_http_methods(["GET", "HEAD", "POST"])
def change_request(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: its three values, the reason, what approving would do; approve, refuse or withdraw it."""
    user, viewer = viewer_of(request)
    row = visible_requests(viewer, user).filter(pk=pk).first()
    if row is None:
        raise Http404
    remember_term(request, row.term_id)
    shown = shown_requests([row], viewer, now=timezone.now())[row.pk]
    if request.method != "POST":
        return _page(request, shown, user, viewer)
    do, sentence = request.POST.get("do", ""), request.POST.get("sentence", "")
    students = whole(request.POST.get("students")) or 0
    try:
        if do == "approve":
            _approve(shown, user, version=whole(request.POST.get("version")) or 0, students=students)
        elif do == "refuse":
            refuse_request(row.pk, lock=shown.lock, author=_author(user), sentence=sentence)
        elif do == "withdraw":
            withdraw_request(row.pk, author=_author(user))
        else:
            return redirect("change_request", row.pk)
    except ConfirmationNeeded as asked:
        return _page(request, shown, user, viewer, problem=asked, students=asked.students, status=409)
    except DomainError as error:
        return _page(request, shown, user, viewer, problem=error, status=422)
    done = {"approve": "is approved and saved", "refuse": "is refused", "withdraw": "is withdrawn"}[do]
    messages.success(request, f"The request for {shown.field} of {shown.label} {done}.")
    return redirect("change_requests", row.term_id)


def _approve(shown: Shown, user: User, *, version: int, students: int, sentence: str = "") -> None:
    row = shown.request
    reason = f"Asked for by {row.requester.get_username()}: {row.reason}"[:500]
    author = _author(user, reason=reason, students=students)
    approve_request(row.pk, fields=catalogue(), author=author, version=version, sentence=sentence)


def _page(
    request: HttpRequest,
    shown: Shown,
    user: User,
    viewer: Viewer,
    *,
    problem: DomainError | None = None,
    students: int = 0,
    status: int = 200,
) -> HttpResponse:
    row = shown.request
    section = Section.objects.get(pk=row.section_id)
    is_open = row.state == row.State.OPEN
    given = {
        "shown": shown,
        "request_row": row,
        "section": section,
        "term": row.term,
        "problem": problem,
        "students": students,
        "may_answer": is_open and not shown.lock,
        "may_withdraw": is_open and row.requester_id == user.pk,
        "sees_section": visible_sections(viewer).filter(pk=section.pk).exists(),
        "outlook": _outlook(shown, user) if is_open and not shown.lock and problem is None else "",
    }
    return render(request, "scheduling/requests/request.html", given, status=status)


def _outlook(shown: Shown, user: User) -> str:
    """What stands against approving; blank where nothing does."""
    try:
        previewed(
            lambda: approve_request(
                shown.request.pk,
                fields=catalogue(),
                author=_author(user, students=10**6),
                version=None,
            )
        )
    except CheckFailed as failed:
        return " ".join(one.message for one in failed.introduced)
    except DomainError as error:
        return error.message
    return ""


def _author(user: User, *, reason: str = "", students: int = 0) -> Author:
    return Author(
        now=timezone.now(),
        source=ChangeLog.Source.FORM,
        user=user,
        reason=reason,
        confirmed_students=students,
    )
