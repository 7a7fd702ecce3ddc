"""The small college for the pages of waiting work: loaded, set to send, with conflicts made by hand."""

import html

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import Conflict, Link, MergeRun, Plan, PlanRow
from scheduling.models import Section, Term
from tests.campus import TERM
from tests.web.console import page_forms

REFUSED = ["no product", "no role", "viewer", "scheduler", "registrar"]


def words_of(answer, *, status=200):
    """The page's words as they are read."""
    return html.unescape(page_forms.words_of(answer, status=status))


def disputed(campus, *sis_ids, **changes):
    """Both sides change the title (or the fields given) of these sections; the open conflicts, by id."""
    for sis_id in sis_ids:
        campus.edit(sis_id, **(changes or {"title": "Mine"}))
        campus.adapter.edit(sis_id, **(dict.fromkeys(changes, "9") or {"title": "Theirs"}))
    campus.merge(sends=True)
    return open_conflicts()


def open_conflicts():
    return list(Conflict.objects.filter(status="OPEN").select_related("link").order_by("id"))


def many_conflicts(number):
    """So many open conflicts about titles, of sections that were never merged: for lists only."""
    course = Section.objects.filter(term=TERM).first().course
    term = Term.objects.get(pk=TERM)
    today = timezone.localdate()
    sections = Section.objects.bulk_create(
        Section(
            term=term,
            course=course,
            section_number=f"Q{one}",
            title="Mine",
            sis_id=f"Q{one}",
            status="ACTIVE",
            start_date=today,
            end_date=today,
        )
        for one in range(number)
    )
    links = Link.objects.bulk_create(
        Link(merge_type="sections", term=term, section=one, sis_id=one.sis_id, state="LINKED", label=str(one))
        for one in sections
    )
    run = MergeRun.objects.create(merge_type="sections", term=term, started_at=timezone.now())
    return Conflict.objects.bulk_create(
        Conflict(
            link=link,
            field="title",
            base="Old",
            ours="Mine",
            theirs="Theirs",
            rule="ASK",
            opened_at=timezone.now(),
            run=run,
        )
        for link in links
    )


def queries_of(client, path):
    """How many queries the page takes."""
    client.get(path)  # the session and what is cached for a process
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries), [one["sql"] for one in queries]


def without_a_token(user, path, data):
    """A POST of somebody signed in whose form is not ours."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client.post(path, data)


def held_plan(*, removals=0, creates=0, updates=0, is_sending=False, **others):
    """A plan of sections that waits for a person, with so many rows of each kind (keys R0…, C0…, U0…)."""
    now = Term.objects.get(pk=TERM).start_date
    run = MergeRun.objects.create(
        merge_type="sections", term_id=TERM, status="NEEDS_APPROVAL", started_at=f"{now}T03:00Z"
    )
    counts = {"local_delete": removals, "local_create": creates, "sis_update": updates}
    given = {
        "run": run,
        "merge_type": "sections",
        "term_id": TERM,
        "status": Plan.Status.NEEDS_APPROVAL,
        "is_sending": is_sending,
        "counts": {"read": 60, **counts},
        "trips": ["20 of 60 records would be removed in Tandem."],
        "created_at": f"{now}T03:00Z",
    }
    plan = Plan.objects.create(**(given | others))
    fields = {"title": {"base": "Old", "ours": "Mine", "theirs": "Old", "result": "Mine"}}
    fields["title"]["rule"] = "TANDEM_CHANGED"
    kinds = [
        ("LOCAL", "DELETE", "R", removals, {}),
        ("LOCAL", "CREATE", "C", creates, {}),
        ("SIS", "UPDATE", "U", updates, fields),
    ]
    PlanRow.objects.bulk_create(
        PlanRow(
            plan=plan,
            record_key=f"{key}{n}",
            label=f"{key}{n}",
            side=side,
            action=action,
            fields=given,
        )
        for side, action, key, number, given in kinds
        for n in range(number)
    )
    return plan


def plan_path(plan, query=""):
    return f"/console/plans/{plan.pk}/{query}"
