"""Asking whether a rule is to be removed, then removing it: a phase, a role."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from adminconsole.access import admin_of
from adminconsole.rule_saving import author_of
from phases.errors import RuleRefused
from scheduling.domain.errors import DomainError
from scheduling.services.audit import Author

PAGE = "adminconsole/rules_sure.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class Removal:
    """What is to go. `kind`: as in "the role"; `here`: its address; `above`: the list's page and heading.

    `sentences`: what goes with it; `why_it_stays`: blank where it can go; `remove` refuses where it cannot.
    """

    kind: str
    name: str
    here: str
    above: tuple[str, str]
    sentences: Sequence[str]
    why_it_stays: Callable[[], str]
    remove: Callable[[Author], None]


def answer(request: HttpRequest, removal: Removal) -> HttpResponse:
    """The question, or what came of a yes."""
    page, heading = removal.above
    shown = {
        "heading": f"Remove the {removal.kind} {removal.name}",
        "crumbs": [(reverse(page), heading), (removal.here, removal.name)],
        "sentences": removal.sentences,
        "button": f"Remove the {removal.kind}",
        "back": reverse(page),
    }
    if request.method != "POST":
        return render(request, PAGE, shown | {"refusal": removal.why_it_stays()})
    try:
        removal.remove(author_of(admin_of(request), now=timezone.now()))
    except (DomainError, RuleRefused) as refused:
        return render(request, PAGE, shown | {"refusal": refused}, status=422)
    messages.success(request, f"Removed the {removal.kind} {removal.name}.")
    return redirect(page)
