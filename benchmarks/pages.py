"""What pages cost: server time and queries, in one run beside the list that Django's admin makes of the rows.

Every page is asked for through the whole stack (middleware, sign-in, templates), in this process, several
times; the middle time counts. `PLAN_ROWS` rows are added to a plan, so that run and plan pages are large too.
"""

import re
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from django.contrib.admin import ModelAdmin, site
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.measuring import Measured, measured
from integration.models import MergeRun, Plan
from scheduling.models import Department, Instructor, Meeting, Role, RoleAssignment, Section, User

PLAN_ROWS = 1_000_000
TIMES = 9
ADD_ROWS = """
INSERT INTO integration_planrow
    (plan_id, record_key, label, side, action, state, link_id, fields, note)
SELECT %s, number::text, 'BIO ' || number, CASE number %% 5 WHEN 0 THEN 'SIS' ELSE 'LOCAL' END, 'UPDATE',
    'APPLIED', NULL,
    '{"title": {"base": "A", "ours": "A", "theirs": "B", "result": "B", "rule": "SIS_CHANGED"}}', ''
FROM generate_series(1, %s) AS number
"""


def measure_pages(term: str) -> Measured:
    """The pages of a term that is imported. `facts`: page -> milliseconds (middle) and queries."""
    client = _signed_in()
    run = _large_run(term)
    with measured() as result:
        pages = dict(_pages(term, run, client))
        shown = {name: _cost(lambda path=path: client.get(path)) for name, path in pages.items()}
        rival = _cost(_admin_list(client, term))
    result.facts = {"pages": shown, "rival": rival}
    return result


def _signed_in() -> Client:
    user = User.objects.create_user(
        "bench", has_scheduling=True, has_admin=True, is_staff=True, is_superuser=True
    )
    role, _made = Role.objects.get_or_create(code="REGISTRAR", defaults={"name": "Registrar"})
    RoleAssignment.objects.create(user=user, role=role, is_for_all_departments=True)
    client = Client()
    client.force_login(user)
    return client


def _large_run(term: str) -> MergeRun:
    """A run whose plan has a million rows more than it had."""
    run = MergeRun.objects.filter(merge_type="sections", term_id=term).order_by("id").first()
    if run is None:
        raise RuntimeError(f"no merge of sections of {term} to look at")
    plan = Plan.objects.get(run=run)
    with connection.cursor() as cursor:
        cursor.execute(ADD_ROWS, [plan.pk, PLAN_ROWS])
        cursor.execute("ANALYZE")
    return run


def _pages(term: str, run: MergeRun, client: Client) -> Iterator[tuple[str, str]]:
    """(name, address) of what is measured."""
    sections = reverse("sections", args=[term])
    department = Department.objects.filter(course__sections__term=term).order_by("code")[:1].get()
    meeting = Meeting.objects.filter(section__term=term, room__isnull=False).order_by("-id")[:1].get()
    teacher = Instructor.objects.filter(assignments__section__term=term).order_by("-pk")[:1].get()
    section = Section.objects.filter(term=term).order_by("-id")[:1].get()
    plan = Plan.objects.get(run=run)
    week = reverse("week", args=[term])
    yield "sections", sections
    yield "sections, next page", sections + _next(client.get(sections))
    yield "sections, by title", f"{sections}?sort=title"
    yield "sections of a department", f"{sections}?department={department.pk}"
    yield "sections, searched", f"{sections}?q={section.crn or section.pk}"
    for state in ("SYNCED", "NOT_SYNCED", "HELD"):
        yield f"sections, {state.lower().replace('_', ' ')}", f"{sections}?state={state}"
    yield "a section", reverse("section", args=[section.pk])
    for name in ("courses", "rooms", "instructors"):
        yield name, reverse(name, args=[term])
    yield "a room", reverse("room", args=[term, meeting.room_id])
    yield "an instructor", reverse("instructor", args=[term, teacher.pk])
    yield "week of a room", f"{week}?room={meeting.room_id}"
    yield "week of a department", f"{week}?department={department.pk}"
    for name in (
        "console",
        "merge_settings",
        "merge_settings_terms",
        "runs",
        "plans",
        "conflicts",
        "outbound",
    ):
        yield f"console: {name.replace('_', ' ')}", reverse(name)
    yield "a run of a million rows", reverse("run", args=[run.pk])
    yield "a plan of a million rows", reverse("plan", args=[plan.pk])


def _next(answer: Any) -> str:
    found = re.search(r'href="(\?[^"]*cursor=[^"]*)" *>?[^<]*<*', answer.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def _cost(ask: Callable[[], Any]) -> dict[str, Any]:
    """Milliseconds and queries of an answer that is there."""
    answer = ask()  # templates are compiled, plans of the database made
    if answer.status_code != 200:  # noqa: PLR2004  # found and shown
        raise RuntimeError(f"answered with {answer.status_code}")
    seconds = []
    for _time in range(TIMES):
        started = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - started)
    with CaptureQueriesContext(connection) as queries:
        ask()
    return {"ms": round(median(seconds) * 1000, 1), "queries": len(queries)}


def _admin_list(client: Client, term: str) -> Callable[[], Any]:
    """The same columns as a list of Django's admin, as somebody would write it who knows the admin."""
    if not site.is_registered(Section):
        site.register(Section, SectionsOfTerm)
    view = SectionsOfTerm(Section, site).changelist_view
    SectionsOfTerm.term = term
    request = client.get("/healthz").wsgi_request
    request.user = User.objects.get(username="bench")
    return lambda: view(request).render()


class SectionsOfTerm(ModelAdmin):  # type: ignore[type-arg]  # no more than a rival
    """What somebody writes who has an afternoon."""

    term = ""
    list_display = (
        *("course", "section_number", "crn", "title", "status", "meeting_words", "instructor_words"),
        *("enrollment", "capacity"),
    )
    list_filter = ("status", "campus", "course__department")
    list_select_related = ("course",)
    list_per_page = 50
    search_fields = ("crn", "title")

    def get_queryset(self, request: Any) -> Any:
        """Without a query a row."""
        rows = super().get_queryset(request).filter(term=self.term)
        return rows.prefetch_related("meetings__room", "meetings__building", "assignments__instructor")

    def meeting_words(self, section: Section) -> str:
        """When and where."""
        return "; ".join(f"{one} {one.room or one.building or ''}" for one in section.meetings.all())

    def instructor_words(self, section: Section) -> str:
        """Who teaches."""
        return "; ".join(str(one.instructor) for one in section.assignments.all())
