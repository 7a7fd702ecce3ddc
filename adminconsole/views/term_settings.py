"""Merge Settings, Terms: which terms are merged, and bringing in one that only the SIS knows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.forms.term_switches import TermsForm, posted_form
from adminconsole.term_matrix import term_blocks
from adminconsole.term_words import FLAG_MEANINGS, FLAG_NAMES, UNTIL_MEANING, switch_differences
from integration.coverage import term_coverage
from integration.settings import ConfigurationError, MergeSettings, active_version, read
from integration.sis.port import TERM_TYPES, SisError
from integration.sis.registry import BadSisUrl, configured_adapter
from integration.switch_values import FLAGS, OFF, Key, Switch, SwitchChange
from integration.term_switches import SwitchesChanged, all_switches, save_switches
from integration.terms import CannotEnable, TermNotOffered, ensure_term, why_not_sent
from phases.rules import Permission
from scheduling.models import Term

TEMPLATE = "adminconsole/term_settings.html"
NOTHING_CHANGED = "Nothing differs from what is on now, so there is nothing to save."
LONGEST_CODE = 40


@needs(Permission.MANAGE_MERGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_settings_terms(request: HttpRequest) -> HttpResponse:
    """The switches of every term: the form, then what it changes, then saved."""
    stands = all_switches()
    if request.method != "POST":
        return _page(request, TermsForm(wanted=stands), stands)
    if request.POST.get("step") == "bring":
        return _bring_in(request, stands)
    form = posted_form(request.POST, list(Term.objects.all()), stands, today=timezone.localdate())
    if request.POST.get("step") == "edit":
        return _page(request, replace(form, problems=(), clashes=()), stands)
    if form.clashes:
        return _page(request, form, stands, status=409)
    if form.problems:
        return _page(request, form, stands, status=422)
    if not form.changes:
        return _page(request, form, stands, notice=NOTHING_CHANGED)
    return _save(request, form, stands) if request.POST.get("step") == "save" else _confirm(request, form)


def _page(
    request: HttpRequest,
    form: TermsForm,
    stands: Mapping[Key, Switch],
    *,
    status: int = 200,
    **said: Any,
) -> HttpResponse:
    today = timezone.localdate()
    try:
        settings = read(active_version())
    except ConfigurationError as error:
        settings, said = MergeSettings(), {**said, "settings_problem": error}
    coverage = term_coverage(settings, today=today)
    blocks = term_blocks(coverage, form.wanted, stands, today=today)
    asked = _terms_asked_for(request)
    shown = {
        **said,
        "form": form,
        "clashes": switch_differences(form.clashes, today=today),
        "flags": [(FLAG_NAMES[flag], FLAG_MEANINGS[flag]) for flag in FLAGS],
        "until_meaning": UNTIL_MEANING,
        "unsent": list(why_not_sent().values()),
        "blocks": [one for one in blocks if not one.is_past or one.term.pk in asked],
        "past": [one for one in blocks if one.is_past and one.term.pk not in asked],
    }
    return render(request, TEMPLATE, shown, status=status)


def _terms_asked_for(request: HttpRequest) -> set[str]:
    """The codes of the past terms whose switches are shown: asked for, or sent with the form."""
    sent = (name.split(":", 2) for name in request.POST if name.startswith("seen:"))
    return {*request.GET.getlist("show"), *(parts[-1] for parts in sent)}


def _confirm(request: HttpRequest, form: TermsForm) -> HttpResponse:
    today = timezone.localdate()
    shown = {
        "changes": switch_differences(form.changes, today=today),
        "fields": [pair for change in form.changes for pair in _as_fields(change)],
    }
    return render(request, "adminconsole/term_settings_confirm.html", shown)


def _as_fields(change: SwitchChange) -> list[tuple[str, str]]:
    """A change as hidden fields of the page, with what it is based on."""
    place = f"{change.merge_type.value}:{change.term.pk}"
    ticks = [(f"{flag}:{place}", "on") for flag in FLAGS if getattr(change.after, flag)]
    until = [(f"until:{place}", change.after.until.isoformat())] if change.after.until else []
    return [(f"seen:{place}", change.before.token), *ticks, *until]


def _save(request: HttpRequest, form: TermsForm, stands: Mapping[Key, Switch]) -> HttpResponse:
    now = timezone.now()
    try:
        saved = save_switches(form.changes, actor=admin_of(request), now=now)
    except SwitchesChanged:
        stands = all_switches()
        again = posted_form(request.POST, list(Term.objects.all()), stands, today=timezone.localdate(now))
        return _page(request, again, stands, status=409)
    except CannotEnable as error:
        return _page(request, form, stands, status=422, refusal=str(error))
    names = sorted({str(one.term) for one in saved})
    messages.success(request, f"Saved what is on in {', '.join(names)}.")
    return redirect("merge_settings_terms")


# ---- a term that is not here yet


def _bring_in(request: HttpRequest, stands: Mapping[Key, Switch]) -> HttpResponse:
    """Ask the SIS for a term and turn its import on. The SIS is asked outside any transaction."""
    code = request.POST.get("code", "").replace("\x00", "").strip()
    known = Term.objects.filter(pk=code).first() if code else None
    if known is not None:
        messages.warning(request, f"{known} ({code}) is here already; tick in the table what is to be on.")
        return redirect("merge_settings_terms")
    problem = "Write the term's code as the SIS has it."
    if code and len(code) <= LONGEST_CODE:
        try:
            term = _asked(code)
            _turn_on(request, term)
        except (TermNotOffered, BadSisUrl, CannotEnable) as error:
            problem = str(error)
        except SisError as error:
            problem = f"The SIS could not be asked: {error.message} Nothing was changed; try again later."
        except SwitchesChanged:
            problem = "Somebody else brought this term in just now; it is in the table."
        else:
            messages.success(request, f"{term} is here and will be imported. Nothing is sent yet.")
            return redirect("merge_settings_terms")
    return _page(request, TermsForm(wanted=stands), stands, status=422, code=code, code_problem=problem)


def _asked(code: str) -> Term:
    """The term, brought in from the SIS. Raises what `ensure_term` raises, and `BadSisUrl`."""
    adapter = configured_adapter()
    try:
        return ensure_term(code, adapter=adapter, now=timezone.now())
    finally:
        adapter.close()


def _turn_on(request: HttpRequest, term: Term) -> None:
    after = Switch(is_importing=True, is_nightly="nightly" in request.POST)
    changes = [SwitchChange(term=term, merge_type=one, before=OFF, after=after) for one in TERM_TYPES]
    save_switches(changes, actor=admin_of(request), now=timezone.now())
