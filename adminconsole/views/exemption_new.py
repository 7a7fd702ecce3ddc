"""Console, Exemptions: granting one after seeing what it opens."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from adminconsole.access import admin_of, needs
from adminconsole.exemption_effect import what_it_opens
from adminconsole.forms.exemption import ExemptionForm
from adminconsole.rule_saving import author_of, recorder
from phases.errors import RuleRefused
from phases.rules import Permission
from phases.selectors import institution_zone
from phases.services.exemptions import grant_exemption
from phases.wording import moment_words
from scheduling.selectors import catalogue


@needs(Permission.EDIT_PHASES)
@require_http_methods(["GET", "HEAD", "POST"])
def exemption_new(request: HttpRequest) -> HttpResponse:
    """The form, then what it would open, then granted."""
    fields = catalogue()
    if request.method != "POST":
        form = ExemptionForm(catalogue=fields, initial=request.GET.dict())
        return render(request, "adminconsole/exemption_new.html", {"form": form})
    form = ExemptionForm(request.POST, catalogue=fields)
    step = request.POST.get("step", "")
    is_valid = form.is_valid()
    if is_valid and form.cleaned_data["until"] <= timezone.now():
        form.add_error("date", "An exemption ends in the future.")
        is_valid = False
    if not is_valid or step == "edit":
        status = 200 if is_valid else 422
        return render(request, "adminconsole/exemption_new.html", {"form": form}, status=status)
    return _grant(request, form) if step == "save" else _confirm(request, form)


def _confirm(request: HttpRequest, form: ExemptionForm) -> HttpResponse:
    data = form.cleaned_data
    section, department = data.get("found"), data.get("department")
    opened = what_it_opens(
        user=data["user"],
        term=data["term"],
        section=section,
        department=department.pk if department else None,
        names=data["fields_chosen"],
        until=data["until"],
        reason=data["reason"],
        now=timezone.now(),
        fields=form.catalogue,
    )
    shown: dict[str, Any] = {
        "data": data,
        "where": section or f"the sections of {department}",
        "until": moment_words(data["until"], institution_zone()),
        "opened": opened,
        "opens_any": any(one.opens for one in opened),
        "pairs": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
    }
    return render(request, "adminconsole/exemption_confirm.html", shown)


def _grant(request: HttpRequest, form: ExemptionForm) -> HttpResponse:
    data, now, admin = form.cleaned_data, timezone.now(), admin_of(request)
    section, department = data.get("found"), data.get("department")
    try:
        grant_exemption(
            data["term"].pk,
            user_id=data["user"].pk,
            fields=data["fields_chosen"],
            until=data["until"],
            reason=data["reason"],
            granted_by=admin.pk,
            now=now,
            known_fields={one.name for one in form.catalogue},
            record=recorder(author_of(admin, now=now)),
            section_id=section.pk if section else None,
            department=department.pk if department else None,
        )
    except RuleRefused as refused:
        form.add_error(None, refused.message)
        return render(request, "adminconsole/exemption_new.html", {"form": form}, status=422)
    until = moment_words(data["until"], institution_zone())
    messages.success(request, f"Granted {data['user'].get_username()} an exemption until {until}.")
    return redirect("exemptions")
