"""What editing costs: a save with all its checks, and the policy's decision for all fields of a section."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from statistics import median
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from phases.policy import SectionFacts
from phases.selectors import policy_for
from scheduling.models import Section, User
from scheduling.selectors import actor_for, catalogue

DECISIONS = 200
STARTS = ("07:05", "07:10")
"""Taken in turn, so that each save moves a class: rooms, people and crosslists are looked through."""


def saves(client: Client, section: Section) -> Callable[[], Any]:
    """Each call moves the section's first class to another time, through the editor's form."""
    path, starts = reverse("section_edit", args=[section.pk]), cycle(STARTS)

    def save() -> Any:
        place = section.meetings.select_related("room").all()[0]
        return client.post(
            path,
            {
                "do": "save",
                "version": Section.objects.values_list("version", flat=True).get(pk=section.pk),
                "confirmed": section.enrollment or 0,
                "meetings.form": "1",
                "meetings.0.days": "MWF",
                "meetings.0.start_time": next(starts),
                "meetings.0.end_time": "07:55",
                "meetings.0.place": f"{place.room.building_id} {place.room.number}",
            },
        )

    return save


def decision_cost(term: str, section: Section, user: User) -> dict[str, Any]:
    """What one decision about all fields takes that was not asked before: milliseconds, no query."""
    policy = policy_for(term, at=timezone.now(), catalogue=catalogue(), user_id=user.pk)
    actor = actor_for(user)
    facts = SectionFacts(section_id=section.pk, departments=frozenset([section.course.department_id]))
    taken = []
    for _time in range(DECISIONS):
        fresh = replace(policy)  # without what it remembers
        started = time.perf_counter()
        fresh.fields(actor, facts)
        taken.append(time.perf_counter() - started)
    ms = median(taken) * 1000
    return {"ms": ms, "cpu_ms": ms, "server_ms": 0.0, "queries": 0}
