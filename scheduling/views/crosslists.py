"""The crosslists of a term as a list, and making one."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from scheduling import integration_side
from scheduling.asking import asked, asked_choice, asked_number, asked_page
from scheduling.crosslist_form import Draft, read_draft, wanted
from scheduling.crosslist_list import Filters, crosslist_page
from scheduling.crosslist_rights import may_ever_make, rights_to_make
from scheduling.crosslist_suggestions import suggestions
from scheduling.domain.errors import DomainError
from scheduling.domain.fields import CROSSLIST, RELATIONSHIP_KINDS
from scheduling.models import ChangeLog, Term
from scheduling.selectors import meetings_of
from scheduling.services.audit import Author
from scheduling.services.relationships import create_relationship
from scheduling.terms import departments_of, term_of_page
from scheduling.visibility import (
    Viewer,
    can_see_integration,
    viewer_of,
    visible_departments,
    visible_sections,
)


@require_safe
def crosslist_list(request: HttpRequest, term_code: str) -> HttpResponse:
    """The groups of a term with a member that the viewer may see, as the address asks for them."""
    _user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    now, side = timezone.now(), integration_side.side()
    if side is not None and not (can_see_integration(actor) and side.is_followed(term.pk, now=now)):
        side = None
    departments = departments_of(term, visible_departments(actor))
    filters = Filters(
        words=asked(request, "q"),
        department=asked_choice(request, "department", departments, what="The department"),
        kind=asked_choice(request, "kind", Filters.kinds, what="The kind"),
        problem=asked_choice(request, "problem", Filters.problems, what="The problem"),
    )
    page = asked_page(
        request, lambda cursor: crosslist_page(term, actor, filters, cursor, side=side, now=now)
    )
    shown = {
        "term": term,
        "departments": departments,
        "filters": filters,
        "page": page,
        "shows_states": side is not None,
        "is_limited": visible_departments(actor) is not None,
        "may_make": may_ever_make(term, actor),
    }
    return render(request, "scheduling/crosslists.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
def crosslist_new(request: HttpRequest, term_code: str) -> HttpResponse:
    """Make a group of two sections or more; ``?with=``: a section that it has from the beginning."""
    user, actor = viewer_of(request)
    term = term_of_page(request, term_code)
    now = timezone.now()
    rights = rights_to_make(term, actor, at=now)
    if not rights.is_open or "members" in rights.locks:
        raise PermissionDenied(" ".join(rights.sentences))
    shown: dict[str, Any] = {"term": term, "rights": rights}
    if request.method != "POST":
        return _form(request, actor, _begun(request, term, actor), shown)
    kind = request.POST.get("kind", CROSSLIST)
    draft = read_draft(request.POST, kind=kind if kind in RELATIONSHIP_KINDS else CROSSLIST)
    meant = wanted(draft, term, actor)
    if meant.problems:
        return _form(request, actor, draft, shown | {"problems": meant.problems})
    try:
        made = create_relationship(
            term.pk,
            kind=draft.kind,
            members=meant.members,
            primary=meant.primary,
            capacity=meant.capacity,
            author=Author(now=now, source=ChangeLog.Source.FORM, user=user),
        )
    except DomainError as refusal:
        return _form(request, actor, draft, shown | {"problems": {"id_new-0": refusal.message}})
    messages.success(request, "Made the group.")
    return redirect("crosslist", made.relationship_id)


def _begun(request: HttpRequest, term: Term, actor: Viewer) -> Draft:
    """The empty form, or the one with the section that the address names as its primary."""
    number = asked_number(request, "with", what="The section")
    found = visible_sections(actor).filter(term=term, pk=number or 0).select_related("course").first()
    if number is not None and found is None:
        messages.warning(request, f"There is no section with the id {number} in {term} that you may see.")
    return Draft(kept=(found.pk,), primary=str(found.pk)) if found else Draft(primary="new-0")


def _form(request: HttpRequest, actor: Viewer, draft: Draft, shown: dict[str, Any]) -> HttpResponse:
    """The form; `shown`: what the page has besides it, with the ``problems`` where there are any."""
    term = shown["term"]
    kept = visible_sections(actor).filter(pk__in=draft.kept, term=term).select_related("course")
    members = list(kept)
    meetings = [one for held in meetings_of([each.pk for each in members]).values() for one in held]
    more = {"draft": draft, "members": members, "suggestions": suggestions(term, actor, meetings)}
    status = 422 if shown.get("problems") else 200
    return render(request, "scheduling/crosslist_new.html", shown | more, status=status)
