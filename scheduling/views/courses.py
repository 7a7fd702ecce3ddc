"""The courses of a term, and one course with its sections."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from scheduling import course_directory as courses
from scheduling.asking import asked, asked_choice, asked_page
from scheduling.section_table import section_table
from scheduling.terms import departments_of, remember_term, term_of_page
from scheduling.visibility import viewer_of, visible_departments, visible_sections


@require_safe
def course_list(request: HttpRequest, term_code: str) -> HttpResponse:
    """The courses of a term that one may see, with how they are offered."""
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    departments = departments_of(term, visible_departments(actor))
    filters = courses.CourseFilters(
        words=asked(request, "q"),
        department=asked_choice(request, "department", departments, what="The department"),
        offered=asked_choice(request, "offered", {courses.WITH, courses.WITHOUT}, what="The choice"),
    )
    found = asked_page(request, lambda cursor: courses.course_list(term, actor, filters, cursor))
    shown = {"term": term, "departments": departments, "filters": filters, "page": found}
    return render(request, "scheduling/courses.html", shown)


@require_safe
def course(request: HttpRequest, pk: int) -> HttpResponse:
    """One course and its sections."""
    _user, actor = viewer_of(request)
    found = courses.visible_courses(actor).select_related("term").filter(pk=pk).first()
    if found is None:
        raise Http404
    remember_term(request, found.term_id)
    sections = visible_sections(actor).filter(course=found)
    table = asked_page(request, lambda cursor: section_table(sections, cursor))
    offered = courses.offered_by([found.pk]).get(found.pk, courses.Offered())
    shown = {"course": found, "term": found.term, "table": table, "offered": offered}
    return render(request, "scheduling/course.html", shown)
