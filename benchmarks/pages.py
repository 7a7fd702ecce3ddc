"""What pages cost: server time and queries, in one run beside the list that Django's admin makes of the rows.

Every page is asked for through the whole stack (middleware, sign-in, templates), in this process, several
times; the middle time counts. Rows are added to a plan, so that run and plan pages are large too. One section
of each list is edited first: a page on which nothing waits needs a query less, by chance.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from statistics import median
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F
from django.db.models.functions import Abs, Coalesce
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from integration.edits import keep_edits
from integration.models import MergeRun, Plan
from integration.status_rules import State
from scheduling.models import Building, Department, Role, RoleAssignment, Section, User
from scheduling.section_filters import STATE_CHOICES
from scheduling.services.bulk import MOST_SECTIONS

from .busy_term import edit_here
from .editing import decision_cost, saves
from .measuring import Measured, measured, server_seconds
from .rival import PATH as RIVAL

TIMES = 9
LIST_MS, EDITOR_MS, EDIT_MS, WEEK_MS, DECISION_MS = 150, 100, 150, 200, 0.2
"""What a page of a term of 15,000 sections, a save and a decision may take."""
ADD_ROWS = """
INSERT INTO integration_planrow
    (plan_id, record_key, label, side, action, state, link_id, fields, note)
SELECT %s, number::text, 'BIO ' || number, CASE number %% 5 WHEN 0 THEN 'SIS' ELSE 'LOCAL' END, 'UPDATE',
    'APPLIED', NULL,
    '{"title": {"base": "A", "ours": "A", "theirs": "B", "result": "B", "rule": "SIS_CHANGED"}}', ''
FROM generate_series(1, %s) AS number
"""


class Address(NamedTuple):
    """A page to measure. `most_ms`: its target, in milliseconds; 0: it has none."""

    path: str
    most_ms: float = 0


def measure_pages(term: str, plan_rows: int) -> Measured:
    """The pages of a term that is imported and busy. `facts`: page -> what it costs, and the admin's list."""
    client = _signed_in()
    run = _large_run(term, plan_rows)
    pages = dict(_schedule(term, client)) | dict(_console(run))
    _edit_one_of_each(client, pages)
    _in_database("VACUUM ANALYZE")
    with measured() as result:
        shown = {
            name: {**_cost(lambda path=page.path: client.get(path)), "most_ms": page.most_ms}
            for name, page in pages.items()
        }
        shown |= _editing(term, client)
        shown |= _in_unusual_terms(term, client)
        with override_settings(ROOT_URLCONF="benchmarks.rival"):
            rival = _cost(lambda: client.get(f"{RIVAL}?term__code__exact={term}"))
    result.facts = {"pages": shown, "rival": rival}
    return result


def _editing(term: str, client: Client) -> dict[str, Any]:
    section = _section(term)
    decision = decision_cost(term, section, User.objects.get(username="bench"))
    return {
        "a save that moves a class": {**_cost(saves(client, section), status=302), "most_ms": EDIT_MS},
        "a decision about all fields": {**decision, "most_ms": DECISION_MS},
    }


def _in_unusual_terms(term: str, client: Client) -> dict[str, Any]:
    """The lists by SIS state where nearly all sections are apart; the term is as it was afterwards."""
    found = {}
    for words, happens in (("a new term", _is_new), ("a term all edited", _is_all_edited)):
        with transaction.atomic():
            happens(term)
            _in_database("ANALYZE")
            for name, path in _by_state(term, client):
                cost = _cost(lambda path=path: client.get(path))
                found[f"sections of {words}, {name}"] = {**cost, "most_ms": LIST_MS}
            transaction.set_rollback(True)
    return found


def _is_new(_term: str) -> None:
    """The SIS has no section yet."""
    _in_database("TRUNCATE integration_link CASCADE")


def _is_all_edited(term: str) -> None:
    """Each section was saved since the last merge; a save keeps in what it differs."""
    sections = Section.objects.filter(term=term)
    sections.update(capacity=Coalesce("capacity", 0) + 1, version=F("version") + 1)
    ids = list(sections.order_by().values_list("pk", flat=True))
    for at in range(0, len(ids), MOST_SECTIONS):
        keep_edits(ids[at : at + MOST_SECTIONS])


def _by_state(term: str, client: Client) -> Iterator[tuple[str, str]]:
    """The lists of each state, and what is longest of all: the second page by time of nearly all sections."""
    sections = reverse("sections", args=[term])
    for state in State:
        yield STATE_CHOICES[state].lower(), f"{sections}?state={state}"
    by_time = f"{sections}?state={State.ON_ITS_WAY}&sort=time"
    yield "on its way, by time, next page", sections + _next(client.get(by_time))


def _signed_in() -> Client:
    user = User.objects.create_user(
        "bench", has_scheduling=True, has_admin=True, is_staff=True, is_superuser=True
    )
    role, _made = Role.objects.get_or_create(code="REGISTRAR", defaults={"name": "Registrar"})
    RoleAssignment.objects.create(user=user, role=role, is_for_all_departments=True)
    client = Client()
    client.force_login(user)
    return client


def _large_run(term: str, plan_rows: int) -> MergeRun:
    """A run whose plan has so many rows more than it had."""
    run = MergeRun.objects.filter(merge_type="sections", term_id=term).order_by("id").first()
    if run is None:
        raise RuntimeError(f"no merge of sections of {term} to look at")
    _in_database(ADD_ROWS, Plan.objects.get(run=run).pk, plan_rows)
    return run


def _in_database(statement: str, *given: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def _schedule(term: str, client: Client) -> Iterator[tuple[str, Address]]:
    """The pages of the schedule: (name, address)."""
    sections, week = reverse("sections", args=[term]), reverse("week", args=[term])
    department = _department(term)
    section = _section(term)
    room, teacher = section.meetings.all()[0].room_id, section.assignments.all()[0].instructor_id
    queries = {
        "": "",
        ", next page": _next(client.get(sections)),
        ", by title": "?sort=title",
        ", by time": "?sort=time",
        " of a department": f"?department={department.pk}",
        ", searched": f"?q={section.crn}",
        ", synced": "?state=SYNCED",
        ", synced, by time": "?state=SYNCED&sort=time",
        ", on their way": "?state=ON_ITS_WAY",
        ", not synced": "?state=NOT_SYNCED",
        ", needing attention": "?state=ATTENTION",
    }
    for words, query in queries.items():
        yield f"sections{words}", Address(sections + query, LIST_MS)
    for name in ("courses", "rooms", "instructors"):
        yield name, Address(reverse(name, args=[term]), LIST_MS)
    yield "a section", Address(reverse("section", args=[section.pk]))
    yield "a section, why its title is", Address(reverse("section", args=[section.pk]) + "?why=title")
    yield "the editor of a section", Address(reverse("section_edit", args=[section.pk]), EDITOR_MS)
    yield "the form of a copy", Address(f"{reverse('section_new', args=[term])}?copy={section.pk}")
    yield "a course", Address(reverse("course", args=[section.course_id]))
    yield "a room", Address(reverse("room", args=[term, room]))
    yield "an instructor", Address(reverse("instructor", args=[term, teacher]))
    yield "week of a room", Address(f"{week}?room={room}")
    yield "week of an instructor", Address(f"{week}?instructor={teacher}")
    yield "week of a building", Address(f"{week}?building={_building(term)}", WEEK_MS)
    yield "week of a department", Address(f"{week}?department={department.pk}")


def _department(term: str) -> Department:
    """One that offers about a hundred sections, in a term of any size."""
    offering = Department.objects.filter(course__sections__term=term)
    away = Abs(Count("course__sections") - 100)
    return offering.annotate(away=away).order_by("away", "code")[:1].get()


def _building(term: str) -> str:
    """The one with the most meetings."""
    used = Building.objects.filter(rooms__meetings__section__term=term).annotate(times=Count("pk"))
    return used.order_by("-times", "code")[:1].get().pk


def _section(term: str) -> Section:
    """One with a room, an instructor and a crosslist."""
    having = {"meetings__room__isnull": False, "assignments__isnull": False}
    found = Section.objects.filter(term=term, status="ACTIVE", memberships__kind="CROSSLIST", **having)
    return found.order_by("-id")[:1].get()


def _console(run: MergeRun) -> Iterator[tuple[str, Address]]:
    """The pages of the console: (name, address)."""
    for name in ("console", "merge_settings", "merge_settings_terms"):
        yield name.replace("_", " "), Address(reverse(name))
    for name in ("runs", "plans", "conflicts", "outbound"):
        yield f"console: {name}", Address(reverse(name), LIST_MS)
    yield "a run with many rows", Address(reverse("run", args=[run.pk]), LIST_MS)
    yield "a plan with many rows", Address(reverse("plan", args=[run.plan.pk]), LIST_MS)


def _next(answer: Any) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', answer.content.decode())
    if found is None:
        raise RuntimeError("The list of sections has no second page.")
    return found[1].replace("&amp;", "&")


def _edit_one_of_each(client: Client, pages: Mapping[str, Address]) -> None:
    """Edit a section on every list of sections, so that something waits there in a term of any size."""
    lists = [client.get(page.path) for name, page in pages.items() if name.startswith("sections")]
    first = [
        re.search(r'<th scope="row">\s*<a href="/sections/(\d+)/"', one.content.decode()) for one in lists
    ]
    edit_here(sorted({int(one[1]) for one in first if one}), "notes")


def _cost(ask: Callable[[], Any], *, status: int = 200) -> dict[str, Any]:
    """What an answer that is there costs: milliseconds by the clock (middle), of CPU (mean), and queries."""
    answer = ask()  # templates are compiled
    if answer.status_code != status:
        raise RuntimeError(f"answered with {answer.status_code}")
    session = connection.connection.info.backend_pid
    clock, cpu, server = [], time.process_time(), server_seconds(session)
    for _time in range(TIMES):
        started = time.perf_counter()
        ask()
        clock.append(time.perf_counter() - started)
    cpu, server = time.process_time() - cpu, server_seconds(session) - server
    with CaptureQueriesContext(connection) as queries:
        ask()
    return {
        "ms": median(clock) * 1000,
        "cpu_ms": cpu / TIMES * 1000,
        "server_ms": server / TIMES * 1000,
        "queries": len(queries),
    }
