"""Making a section: first its course, then the form; or as a copy of another one."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from phases.policy import Permission
from scheduling.asking import asked, asked_number
from scheduling.editor_words import anchored
from scheduling.input_choices import MOST_COURSES
from scheduling.models import Course, Section, Term
from scheduling.returning import go
from scheduling.section_creation import NewSection
from scheduling.section_editor import Checked
from scheduling.selectors import courses_by_code
from scheduling.terms import term_of_page
from scheduling.undo_offer import tell_saved
from scheduling.views.section_edit import MORE
from scheduling.visibility import Viewer, viewer_of, visible_sections


@require_http_methods(["GET", "HEAD", "POST"])
def section_new(request: HttpRequest, term_code: str) -> HttpResponse:
    """A new section of ``?course=``, or a copy of ``?copy=``; without either: choose the course.

    Whether the person may make one of this course, the write service decides; the page says it beforehand.
    """
    user, viewer = viewer_of(request)
    term = term_of_page(request, term_code)
    copied = _copied(request, term, viewer)
    course = copied.course if copied else _course(request, term)
    if course is None:
        return _choose(request, term, viewer)
    form = NewSection(term=term, course=course, user=user, viewer=viewer, now=timezone.now(), copied=copied)
    if request.method != "POST":
        checked = form.check() if form.copied and not form.refusal else None
        return _form(request, form, checked=checked, status=200 if not form.refusal else 403)
    do = request.POST.get("do", "save")
    if do in MORE:
        form.posted, form.more_rows = request.POST, MORE[do]
        return _form(request, form)
    if do == "check":
        checked = form.check(request.POST)
        if request.htmx:  # type: ignore[attr-defined]  # the middleware of django-htmx
            return render(request, "scheduling/editor/checks.html", {"checked": checked})
        return _form(request, form, checked=checked)
    saved = form.save(request.POST)
    if saved is None:
        return _form(request, form, status=403 if form.refusal else 422)
    made = Section.objects.select_related("course").get(pk=saved.section_id)
    tell_saved(request, f"{made} is made.", section_id=made.pk, version=saved.version)
    for one in dict.fromkeys(one.message for one in saved.findings):
        messages.warning(request, one)
    return go(request, reverse("section", args=[made.pk]))


def _copied(request: HttpRequest, term: Term, viewer: Viewer) -> Section | None:
    if "copy" not in request.GET:
        return None
    pk = asked_number(request, "copy", what="Section") or 0
    found = visible_sections(viewer).select_related("course", "term").filter(pk=pk, term=term).first()
    if found is None:
        raise Http404
    return found


def _course(request: HttpRequest, term: Term) -> Course | None:
    code = asked(request, "course").replace(" ", "-")
    if not code:
        return None
    found = courses_by_code(term.pk, code) or courses_by_code(term.pk, code.upper())
    if len(found) != 1:
        messages.warning(
            request,
            f"No course of {term} is called “{code}”."
            if not found
            else f"Several courses are called “{code}”; choose one of the list.",
        )
        return None
    return Course.objects.get(term=term, sis_id=found[0])


def _choose(request: HttpRequest, term: Term, viewer: Viewer) -> HttpResponse:
    codes = viewer.departments(Permission.CREATE_SECTION)
    courses = Course.objects.filter(term=term, is_active=True).order_by("subject", "number", "pk")
    if codes is not None:
        courses = courses.filter(department__in=codes)
    shown = {"term": term, "courses": courses[:MOST_COURSES], "may_none": codes is not None and not codes}
    return render(request, "scheduling/editor/choose_course.html", shown)


def _form(
    request: HttpRequest, form: NewSection, *, checked: Checked | None = None, status: int = 200
) -> HttpResponse:
    groups = form.groups()
    shown: dict[str, Any] = {
        "title": f"Copy {form.copied}" if form.copied else f"New section of {form.course}",
        "term": form.term,
        "editor": form,
        "groups": groups,
        "errors": anchored(form.errors, groups),
        "refusal": form.refusal,
        "not_copied": form.not_copied,
        "checked": checked,
        "patterns": form.choices.patterns,
        "rooms": form.choices.rooms,
        "people": form.choices.people,
        "save_words": "Make the section",
        "action": request.get_full_path(),
        "back": reverse("section", args=[form.copied.pk])
        if form.copied
        else reverse("sections", args=[form.term.pk]),
        "is_in_dialog": bool(request.htmx),  # type: ignore[attr-defined]  # as above
        "form_template": "scheduling/editor/form.html",
    }
    template = "form" if shown["is_in_dialog"] else "page"
    return render(request, f"scheduling/editor/{template}.html", shown, status=status)
