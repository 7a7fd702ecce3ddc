"""Who teaches, and one person with what they teach."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from scheduling import instructor_directory as people
from scheduling.asking import asked, asked_choice, asked_page
from scheduling.models import Instructor, Section
from scheduling.section_table import section_table
from scheduling.terms import term_of_page
from scheduling.visibility import viewer_of, visible_departments, visible_sections


@require_safe
def instructor_list(request: HttpRequest, term_code: str) -> HttpResponse:
    """The people who teach, with how much in the term."""
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    departments = people.departments_with_people()
    filters = people.InstructorFilters(
        words=asked(request, "q"),
        department=asked_choice(
            request, "department", {one.pk for one in departments}, what="The department"
        ),
        load=asked_choice(request, "load", {people.TEACHING, people.IDLE}, what="The choice"),
    )
    found = asked_page(request, lambda cursor: people.instructor_list(term, actor, filters, cursor))
    shown = {
        "term": term,
        "departments": departments,
        "filters": filters,
        "page": found,
        "is_limited": visible_departments(actor) is not None,
    }
    return render(request, "scheduling/instructors.html", shown)


@require_safe
def instructor(request: HttpRequest, term_code: str, sis_id: str) -> HttpResponse:
    """One person and the sections they teach in the term."""
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    if "\x00" in sis_id:
        raise Http404
    found = get_object_or_404(Instructor.objects.select_related("department"), pk=sis_id)
    seen = people.sections_taught(visible_sections(actor), found, term)
    every = people.sections_taught(Section.objects.all(), found, term)
    table = asked_page(request, lambda cursor: section_table(seen, cursor, every=every, instructor=found.pk))
    load = people.loads([found.pk], visible_sections(actor).filter(term=term)).get(found.pk, people.Load())
    shown = {"instructor": found, "term": term, "table": table, "load": load}
    return render(request, "scheduling/instructor.html", shown)
