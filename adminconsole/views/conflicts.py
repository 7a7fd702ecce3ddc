"""Conflicts: the list with its filters, settling one or many, and one conflict in full."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, admin_only
from adminconsole.forms.conflicts import BadAnswer, asked_of, choice_of, filter_of
from integration.conflict_detail import changed_since, differences_of, history_of, linked_elsewhere
from integration.conflict_pages import ConflictFilter, ConflictView, filter_options, stamp_of, views_of
from integration.models import Conflict
from integration.resolving import CannotSettle, Choice, NotOpen
from integration.resolving_many import AT_ONCE, Asked, Settled, open_desk, why_over
from integration.settings import ConfigurationError
from integration.sis.registry import BadSisUrl
from scheduling.answers import was_changed
from scheduling.paging import BadCursor, Page

STANDS = {Choice.OURS: "Tandem's side stands", Choice.THEIRS: "the SIS's side stands"}
SAID = 5
"""So many single records are named in a message; the others are counted."""


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def conflicts(request: HttpRequest) -> HttpResponse:
    """The list; a POST settles one row, asks before it settles many, and settles many once confirmed."""
    if request.method != "POST":
        return _list(request)
    here = _here(request)
    try:
        if "settle" in request.POST:
            return _settle_row(request, here)
        if "confirmed" in request.POST:
            return _settle_many(request, here)
        return _ask(request, here)
    except BadAnswer as error:
        messages.error(request, str(error))
    except (ConfigurationError, BadSisUrl) as error:
        messages.error(request, f"Nothing was settled: {error}")
    return redirect(here)


def _here(request: HttpRequest) -> str:
    """The address of the list with its filters, from the beginning."""
    query = request.GET.copy()
    query.pop("cursor", None)
    return f"{reverse('conflicts')}?{query.urlencode()}" if query else reverse("conflicts")


def _list(request: HttpRequest) -> HttpResponse:
    chosen = filter_of(request.GET)
    page = _page(request, chosen)
    context = {
        "filter": chosen,
        "options": filter_options(is_settled=chosen.is_settled),
        "page": page,
        "rows": views_of(page.rows),
        "count": chosen.rows().count(),
        "at_once": AT_ONCE,
        "is_filtered": any((chosen.term, chosen.merge_type, chosen.field, chosen.kind, chosen.q)),
        "query": request.GET.urlencode(),
    }
    return render(request, "adminconsole/conflicts.html", context)


def _page(request: HttpRequest, chosen: ConflictFilter) -> Page[Conflict]:
    try:
        return chosen.page(request.GET.get("cursor", ""))
    except BadCursor:
        messages.warning(request, "That page is no longer there; this is the first one.")
        return chosen.page("")


# ---- one row


def _settle_row(request: HttpRequest, here: str) -> HttpResponse:
    side, _colon, name = request.POST["settle"].partition(":")
    choice, [asked] = choice_of(side), asked_of([name])
    return _settle_one(request, asked, choice, back=here)


def _settle_one(
    request: HttpRequest, asked: Asked, choice: Choice, *, back: str, sis_id: str = ""
) -> HttpResponse:
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


# ---- many


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked before many conflicts are settled. `left`: how many more match than go at once."""

    choice: Choice
    possible: list[ConflictView]
    impossible: list[tuple[ConflictView, str]]
    left: int
    is_all: bool

    @property
    def asked(self) -> str:
        """The possible ones as they are shown, for the form."""
        return " ".join(f"{one.pk}:{one.stamp}" for one in self.possible)

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """How many of which kind."""
        words = [one.kind_word for one in self.possible]
        return sorted((word, words.count(word)) for word in set(words))


def _ask(request: HttpRequest, here: str, *, error: str = "") -> HttpResponse:
    """The page that says what settling many does. Nothing is changed."""
    is_all = "choose_all" in request.POST
    choice = choice_of(request.POST.get("choose_all") or request.POST.get("choose", ""))
    rows = filter_of(request.GET).rows().filter(status=Conflict.Status.OPEN)
    if not is_all:
        rows = rows.filter(pk__in=[one.conflict_id for one in asked_of(request.POST.getlist("tick"))])
    count = rows.count()
    if not count:
        raise BadAnswer("Tick the conflicts first, then choose a side." if not is_all else "Nothing is open.")
    found = rows.select_related("link", "link__term", "resolved_by").order_by("id")[:AT_ONCE]
    question = _question(views_of(list(found)), choice, left=max(0, count - AT_ONCE), is_all=is_all)
    context = {"question": question, "stands": STANDS[choice], "back": here, "error": error}
    return render(request, "adminconsole/conflicts_confirm.html", context)


def _question(views: list[ConflictView], choice: Choice, *, left: int, is_all: bool) -> Question:
    possible, impossible = [], []
    for one in views:
        words = one.choice(choice)
        if words.problem or words.asks:
            impossible.append((one, words.problem or f"Say on its own page {words.asks}."))
        else:
            possible.append(one)
    return Question(choice=choice, possible=possible, impossible=impossible, left=left, is_all=is_all)


def _settle_many(request: HttpRequest, here: str) -> HttpResponse:
    choice = choice_of(request.POST["confirmed"])
    asked = asked_of(request.POST.get("asked", "").split())
    if request.POST.get("is_all") and request.POST.get("number", "").strip().replace(",", "") != str(
        len(asked)
    ):
        return _ask_again(request, here, asked, choice)
    with open_desk(actor=admin_of(request), now=timezone.now()) as desk:
        result = desk.settle_many(asked, choice)
    _tell(request, result, choice)
    return redirect(here)


def _ask_again(request: HttpRequest, here: str, asked: list[Asked], choice: Choice) -> HttpResponse:
    found = Conflict.objects.filter(pk__in=[one.conflict_id for one in asked], status=Conflict.Status.OPEN)
    views = views_of(list(found.select_related("link", "link__term", "resolved_by").order_by("id")[:AT_ONCE]))
    question = _question(views, choice, left=0, is_all=True)
    error = f"Nothing was settled. To go on, type the number {len(question.possible)}."
    context = {"question": question, "stands": STANDS[choice], "back": here, "error": error}
    return render(request, "adminconsole/conflicts_confirm.html", context)


def _tell(request: HttpRequest, result: Settled, choice: Choice) -> None:
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


# ---- one conflict in full


@admin_only
@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """One conflict; a POST settles it (`choice`, the `stamp` of what was shown, `sis_id` where asked)."""
    found = Conflict.objects.select_related("link", "link__term", "resolved_by").filter(pk=pk).first()
    if found is None:
        raise Http404
    if request.method != "POST":
        return render(request, "adminconsole/conflict.html", _facts(found))
    asked = Asked(conflict_id=pk, stamp=request.POST.get("stamp", ""))
    try:
        choice = choice_of(request.POST.get("choice", ""))
        return _settle_one(
            request, asked, choice, back=reverse("conflict", args=[pk]), sis_id=request.POST.get("sis_id", "")
        )
    except (BadAnswer, ConfigurationError, BadSisUrl) as error:
        messages.error(request, f"Nothing was settled: {error}")
        return redirect("conflict", pk=pk)


def _facts(found: Conflict) -> dict[str, Any]:
    [view] = views_of([found])
    differences, names = differences_of(found)
    return {
        "one": view,
        "now_words": changed_since(found),
        "differences": differences,
        "difference_names": names,
        "taken": linked_elsewhere(found),
        "history": history_of(found),
        "stamp": stamp_of(found),
    }
