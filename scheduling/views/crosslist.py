"""One group of sections: looking at it, changing it, aligning its members, dissolving it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from scheduling import integration_side
from scheduling.answers import was_changed
from scheduling.asking import asked_page
from scheduling.crosslist_align import alignment, read_alignment
from scheduling.crosslist_facts import Group
from scheduling.crosslist_form import Draft, draft_of, read_draft, wanted
from scheduling.crosslist_page import group_page, group_seen
from scheduling.crosslist_rights import GroupRights, rights_in
from scheduling.crosslist_saving import Meanwhile, meanwhile, save_group
from scheduling.crosslist_suggestions import suggestions
from scheduling.domain.errors import ConfirmationNeeded, DomainError, NotFound, StaleVersion
from scheduling.models import ChangeLog, User
from scheduling.services.aligning import align_members
from scheduling.services.audit import Author
from scheduling.services.relationships import SavedRelationship, dissolve_relationship
from scheduling.terms import remember_term
from scheduling.visibility import Viewer, viewer_of

GONE = "The group was dissolved meanwhile."


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A request for one group: who asks, the group as it stands, and what they may change of it."""

    request: HttpRequest
    user: User
    actor: Viewer
    group: Group
    rights: GroupRights
    author: Author

    @property
    def pk(self) -> int:
        """The group's id."""
        return self.group.relationship.pk

    @property
    def address(self) -> str:
        """The group's page."""
        return reverse("crosslist", args=[self.pk])

    @property
    def list_address(self) -> str:
        """The list that the group stands in."""
        return reverse("crosslists", args=[self.group.relationship.term_id])


@require_http_methods(["GET", "HEAD", "POST"])
def crosslist(request: HttpRequest, pk: int) -> HttpResponse:
    """A group's page; a POST names its ``step``: save, align, align_save, dissolve, dissolve_save."""
    user, actor = viewer_of(request)
    group = group_seen(pk, actor)
    if group is None:
        raise Http404
    remember_term(request, group.relationship.term_id)
    now = timezone.now()
    desk = Desk(
        request=request,
        user=user,
        actor=actor,
        group=group,
        rights=rights_in(group, actor, at=now),
        author=Author(now=now, source=ChangeLog.Source.FORM, user=user),
    )
    if request.method != "POST":
        return _page(desk)
    if desk.rights.refusal:
        raise PermissionDenied(desk.rights.refusal)
    steps = {
        "align": _show_alignment,
        "align_save": _align,
        "dissolve": _ask_to_dissolve,
        "dissolve_save": _dissolve,
    }
    return steps.get(request.POST.get("step", ""), _save)(desk)


def _page(
    desk: Desk,
    draft: Draft | None = None,
    problems: Mapping[str, str] | None = None,
    clash: Meanwhile | None = None,
) -> HttpResponse:
    now, group = desk.author.now, desk.group
    page = asked_page(
        desk.request,
        lambda cursor: group_page(group, desk.actor, side=integration_side.side(), cursor=cursor, now=now),
    )
    held = [one for each in group.live for one in each.meetings] if desk.rights.is_open else []
    shown: dict[str, Any] = {
        "page": page,
        "group": group,
        "rights": desk.rights,
        "draft": draft or draft_of(group),
        "problems": problems or {},
        "clash": clash,
        "can_align": desk.rights.is_open and group.is_crosslist and bool(page.differences),
        "suggestions": suggestions(group.relationship.term, desk.actor, held),
    }
    status = 409 if clash else 422 if problems else 200
    return render(desk.request, "scheduling/crosslist.html", shown, status=status)


def _save(desk: Desk) -> HttpResponse:
    """Save members, primary and combined capacity as the form has them."""
    term = desk.group.relationship.term
    draft = read_draft(desk.request.POST, kind=desk.group.relationship.kind)
    meant = wanted(draft, term, desk.actor)
    if meant.problems:
        return _page(desk, draft, meant.problems)
    try:
        saved = save_group(desk.group, draft, meant, desk.rights, desk.author)
    except StaleVersion:
        clash = meanwhile(desk.group, draft, meant, desk.actor)
        return _page(desk, clash.draft, clash=clash)
    except NotFound:
        return was_changed(desk.request, GONE, back=desk.list_address)
    except DomainError as refusal:
        return _page(desk, draft, {f"id_{refusal.field or 'members'}": refusal.message})
    return _saved(desk, saved)


def _saved(desk: Desk, saved: SavedRelationship) -> HttpResponse:
    if saved.version == desk.group.relationship.version:
        messages.info(desk.request, "Nothing was changed, so nothing was saved.")
    else:
        messages.success(desk.request, "Saved.")
    return redirect(desk.address)


def _show_alignment(desk: Desk) -> HttpResponse:
    """What would change if all met like the primary, and what stands against it."""
    wish = read_alignment(desk.request.POST)
    shown = {"group": desk.group, "align": alignment(desk.group, wish, desk.author)}
    return render(desk.request, "scheduling/crosslist_align.html", shown)


def _align(desk: Desk) -> HttpResponse:
    """Make all meet like the primary, as it was shown."""
    wish = read_alignment(desk.request.POST)
    try:
        done = align_members(desk.pk, wish.fields, author=wish.signed(desk.author), versions=wish.versions)
    except StaleVersion as refusal:
        return was_changed(desk.request, refusal.message, back=desk.address)
    except ConfirmationNeeded:
        return _show_alignment(desk)
    except DomainError as refusal:
        shown = {"group": desk.group, "align": alignment(desk.group, wish, desk.author)}
        messages.error(desk.request, refusal.message)
        return render(desk.request, "scheduling/crosslist_align.html", shown, status=422)
    count = len(done.changed)
    messages.success(
        desk.request, f"Changed {count} section{'' if count == 1 else 's'}; all are like the primary now."
    )
    return redirect(desk.address)


def _ask_to_dissolve(desk: Desk) -> HttpResponse:
    return render(desk.request, "scheduling/crosslist_dissolve.html", {"group": desk.group})


def _dissolve(desk: Desk) -> HttpResponse:
    version = read_draft(desk.request.POST, kind="").version
    try:
        dissolve_relationship(desk.pk, author=desk.author, version=version)
    except (StaleVersion, NotFound) as refusal:
        return was_changed(desk.request, refusal.message, back=desk.address)
    except DomainError as refusal:
        return _page(desk, problems={"id_members": refusal.message})
    messages.success(desk.request, f"{desk.group.label} is dissolved. The sections stay as they are.")
    return redirect(desk.list_address)
