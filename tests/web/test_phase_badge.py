"""The top bar says which phase the term is in, and until when."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from phases.models import Phase, TimelineEntry
from phases.selectors import phase_now, timeline_of

DAY = dt.timedelta(days=1)
NOON = dt.datetime(2027, 1, 12, 12, tzinfo=dt.UTC)


@pytest.fixture
def enter(term_of):
    term = term_of("20271")

    def put(name, at):
        phase = Phase.objects.get(name=name) if name else None
        TimelineEntry.objects.create(term=term, phase=phase, starts_at=at)

    return put


def badge(client):
    found = re.search(r'class="pill phase-badge[^>]*>.*?</a>', client.get("/").content.decode())
    return re.sub(r"<[^>]*>", "", found[0].partition(">")[2]) if found else None


@pytest.mark.parametrize("kind", ["viewer", "scheduler", "registrar", "full admin"])
def test_everybody_reads_the_phase_and_when_it_ends(person, enter, kind):
    switch = (timezone.localtime() + DAY).replace(hour=17, minute=0, second=0, microsecond=0)
    enter("Room assignment", switch - 3 * DAY)
    enter("Published", switch)
    until = f"{switch.day} {switch:%b %Y}, 17:00"
    assert badge(person(kind)) == f"Phase of Term 20271: Room assignment · until {until}"


def test_a_phase_without_an_end_stands_alone(person, enter):
    enter("Closed", timezone.now() - DAY)
    assert badge(person("viewer")) == "Phase of Term 20271: Closed"


def test_before_the_first_switch_there_is_no_phase_until_then(person, enter):
    enter("Draft", timezone.now() + DAY)
    assert badge(person("viewer")).startswith("Phase of Term 20271: No phase · until ")


def test_a_term_without_a_timeline_has_no_badge(person, enter):
    assert badge(person("viewer")) is None


def test_somebody_who_is_not_signed_in_reads_no_phase(person, enter):
    enter("Closed", timezone.now() - DAY)
    assert "phase-badge" not in person("anonymous").get("/sign-in/").content.decode()


def test_the_badge_agrees_with_the_timeline_at_every_moment(enter):
    for number, name in enumerate(["Draft", "Draft", None, "Closed", "Published", "Published"]):
        enter(name, NOON + number * DAY)
    timeline = timeline_of("20271")
    for hours in range(-24, 8 * 24, 12):
        at = NOON + dt.timedelta(hours=hours)
        found, period = phase_now("20271", at=at), timeline.at(at)
        name = found.phase and found.phase.name
        assert (name, found.until) == (period.phase and period.phase.name, period.end), at
