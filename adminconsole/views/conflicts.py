"""Conflicts: the list with its filters, and settling one or many of them."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.forms.conflicts import BadAnswer, asked_of, choice_of, filter_of
from adminconsole.views.settling import STANDS, settle_one, tell_of
from integration.conflict_filter import ConflictFilter, filter_options
from integration.conflict_pages import ConflictView, views_of
from integration.models import Conflict
from integration.resolving import Choice
from integration.resolving_many import AT_ONCE, Asked, open_desk
from integration.settings import ConfigurationError
from integration.sis.registry import BadSisUrl
from phases.rules import Permission
from scheduling.paging import BadCursor, Page


@needs(Permission.EXECUTE_MERGES)
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
    return settle_one(request, asked, choice, back=here)


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
    tell_of(request, result, choice)
    return redirect(here)


def _ask_again(request: HttpRequest, here: str, asked: list[Asked], choice: Choice) -> HttpResponse:
    found = Conflict.objects.filter(pk__in=[one.conflict_id for one in asked], status=Conflict.Status.OPEN)
    views = views_of(list(found.select_related("link", "link__term", "resolved_by").order_by("id")[:AT_ONCE]))
    question = _question(views, choice, left=0, is_all=True)
    error = f"Nothing was settled. To go on, type the number {len(question.possible)}."
    context = {"question": question, "stands": STANDS[choice], "back": here, "error": error}
    return render(request, "adminconsole/conflicts_confirm.html", context)
