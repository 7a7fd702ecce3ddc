"""The page of a term's timeline: its picture, its lines, and what changes."""

from collections.abc import Sequence
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from adminconsole.rule_choices import Choices, ChoicesForm
from adminconsole.rule_saving import recorder
from adminconsole.settings_differences import Difference
from adminconsole.timeline_choices import (
    NO_PHASE,
    Line,
    choices_of,
    is_moment,
    lines_of,
    posted_lines,
    switches_of,
    typed_lines,
)
from adminconsole.timeline_words import consequence_now, timeline_differences
from adminconsole.views.rules_page import RulesPage
from phases.selectors import entries_of, institution_zone, timeline_of
from phases.selectors import phases as all_phases
from phases.services.timelines import set_timeline
from scheduling.models import Term
from scheduling.services.audit import Author
from scheduling.timeline_picture import DEFAULTS, picture_of


class TimelinePage(RulesPage):
    """One request to the page of a timeline."""

    template = "adminconsole/timeline.html"

    def __init__(self, request: HttpRequest, term: Term) -> None:
        super().__init__(request)
        self.term = term
        self.typed: list[Line] = []
        self.zone = cast("ZoneInfo", institution_zone())
        self.phases = list(all_phases())
        self.names = {NO_PHASE: DEFAULTS} | {str(one.pk): one.name for one in self.phases}

    def read(self) -> Choices:
        """The switches by their moments."""
        return choices_of(list(entries_of(self.term.pk)))

    def lock(self) -> None:
        """The term, as the service does."""
        get_object_or_404(Term.objects.select_for_update(no_key=True), pk=self.term.pk)

    def parse(self, seen: Choices) -> tuple[Choices, Sequence[str]]:
        """The lines of the form. A page without any changes nothing."""
        if "entry:0:phase" not in self.request.POST:
            return seen, ()
        sent, problems = posted_lines(self.request.POST, self.names, self.zone)
        self.typed = typed_lines(self.request.POST) if problems else []
        return sent, problems

    def accepts(self, key: str, value: str) -> bool:
        """A moment with a phase there is, or with none (removed)."""
        return is_moment(key) and (not value or value in self.names)

    def differences(self, form: ChoicesForm) -> list[Difference]:
        """Switch by switch."""
        return timeline_differences(form, self.names, self.zone)

    def consequence(self, form: ChoicesForm) -> str:
        """What holds at once, where a switch in the past is changed."""
        return consequence_now(form, self.names, term=str(self.term), now=self.now)

    def save(self, form: ChoicesForm, author: Author) -> str:
        """The whole timeline, as it is wanted."""
        set_timeline(self.term.pk, switches_of(form.wanted), record=recorder(author))
        return f"Saved the timeline of {self.term}."

    def shown(self, form: ChoicesForm) -> dict[str, Any]:
        """The picture of what stands, and the lines of what is wanted."""
        colours = {one.pk: one.colour for one in self.phases}
        return {
            "term": self.term,
            "picture": picture_of(timeline_of(self.term.pk), colours, self.term, at=self.now, zone=self.zone),
            "lines": self.typed or lines_of(form, self.zone),
            "names": self.names.items(),
            "has_changes": bool(form.changes),
            "zone": str(self.zone),
        }

    def place(self) -> dict[str, Any]:
        """Where the page stands."""
        return {
            "heading": f"Timeline of {self.term}",
            "crumbs": [(reverse("phases"), "Phases"), (reverse("timelines"), "Timelines")],
            "back": reverse("timeline", args=[self.term.pk]),
        }
