"""Settling conflicts for the person at a page: one by itself, and what is said of many."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from adminconsole.access import admin_of
from integration.resolving import CannotSettle, Choice, NotOpen
from integration.resolving_many import Asked, Settled, open_desk, why_over
from scheduling.answers import was_changed

STANDS = {Choice.OURS: "Tandem's side stands", Choice.THEIRS: "the SIS's side stands"}
SAID = 5
"""So many single records are named in a message; the others are counted."""


def settle_one(
    request: HttpRequest, asked: Asked, choice: Choice, *, back: str, sis_id: str = ""
) -> HttpResponse:
    """Settle one conflict as it was shown, and go `back`; or say why it is not settled."""
    with open_desk(actor=admin_of(request), now=timezone.now()) as desk:
        try:
            conflict = desk.settle(asked, choice, sis_id=sis_id)
        except NotOpen as error:
            sentence = f"It is {why}" if (why := why_over(asked.conflict_id)) else str(error)
            return was_changed(request, sentence, back=reverse("conflict", args=[asked.conflict_id]))
        except CannotSettle as error:
            messages.error(request, str(error))
            return redirect("conflict", pk=asked.conflict_id)
    messages.success(request, f"{conflict.link} is settled: {STANDS[choice]}.")
    return redirect(back)


def tell_of(request: HttpRequest, result: Settled, choice: Choice) -> None:
    """Say what became of the conflicts that were to be settled together."""
    done = len(result.done)
    if done:
        noun = "conflict is" if done == 1 else "conflicts are"
        messages.success(request, f"{done:,} {noun} settled: {STANDS[choice]}.")
    told = (
        (result.over, "over already"),
        (result.changed, "not settled, because a merge renewed them; look at them again"),
        (result.impossible, "cannot be settled like this"),
    )
    for sentences, what in told:
        if sentences:
            more = f" … and {len(sentences) - SAID:,} more." if len(sentences) > SAID else ""
            messages.warning(request, f"{len(sentences):,} {what}. {' '.join(sentences[:SAID])}{more}")
