"""The page of one merge type: the form, then what it changes, then the next version."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from adminconsole.access import admin_of
from adminconsole.forms.merge_type import TypeForm, posted_form
from adminconsole.settings_choices import Choices, choices_of, fields_of, ids_of_overrides, is_locked
from adminconsole.settings_differences import Difference, type_differences
from adminconsole.settings_matrix import COLUMNS, DEFAULT, field_matrix
from adminconsole.settings_overrides import override_rows
from adminconsole.settings_overview import count_parked, facts_of, has_form, newest_active, section_names
from adminconsole.settings_rebasing import rebased
from adminconsole.settings_saving import SettingsChanged, save_type
from adminconsole.settings_words import ALWAYS_REMOVED, REMOVAL_MEANINGS, REMOVAL_NAMES, type_label
from adminconsole.views.version_list import number_of
from integration.merge.policy import Removal
from integration.models import MergeProfileVersion
from integration.offers import known_capabilities
from integration.settings import ConfigurationError, read
from integration.sis.port import MergeType
from scheduling.domain.fields import Catalogue

NOTHING_CHANGED = "Nothing differs from what is set now, so there is nothing to save."


class TypePage:
    """One request to the page of a type, on top of the newest version. Raises `ConfigurationError`."""

    def __init__(
        self, request: HttpRequest, merge_type: MergeType, version: MergeProfileVersion, fields: Catalogue
    ) -> None:
        self.request, self.merge_type, self.version, self.catalogue = request, merge_type, version, fields
        self.label = type_label(merge_type)
        self.newest = self._choices(version)

    def _choices(self, version: MergeProfileVersion) -> Choices:
        rules = read(version).of(self.merge_type)
        return choices_of(self.merge_type, rules, fields_of(self.merge_type, self.catalogue))

    def form_of(self, choices: Choices) -> TypeForm:
        """The form with these choices, which nobody sent yet."""
        return TypeForm(merge_type=self.merge_type, choices=choices)

    # ---- what was sent

    def answer_post(self) -> HttpResponse:
        """Show what changes, save it, or show the form again."""
        base = self._seen()
        form = posted_form(self.merge_type, self.request.POST, self._choices(base), self.catalogue)
        if base != self.version:
            return self._on_top_of_newest(form, base)
        return self._answer(form)

    def _seen(self) -> MergeProfileVersion:
        """The version that the page was made from."""
        text = self.request.POST.get("version", "")
        if text == str(self.version.pk):
            return self.version
        return get_object_or_404(MergeProfileVersion, pk=number_of(text))

    def _answer(self, form: TypeForm) -> HttpResponse:
        data = self.request.POST
        step = data.get("step", "")
        if step == "edit" or "set_all" in data or "set_sent" in data:
            return self.show(replace(form.with_column_of(data, self.catalogue), problems=()))
        if form.problems:
            return self.show(form, status=422)
        changes = type_differences(self.merge_type, self.newest, form.choices, self.catalogue)
        if not changes:
            return self.show(form, notice=NOTHING_CHANGED)
        return self._save(form, changes) if step == "save" else self._confirm(form, changes)

    def _save(self, form: TypeForm, changes: list[Difference]) -> HttpResponse:
        try:
            saved = save_type(
                self.merge_type,
                form.rules(read(self.version).of(self.merge_type), self.catalogue),
                seen=self.version.pk,
                actor=admin_of(self.request),
                reason=form.reason,
                now=timezone.now(),
            )
        except SettingsChanged:
            base, self.version = self.version, newest_active() or self.version
            self.newest = self._choices(self.version)
            return self._on_top_of_newest(form, base)
        except ConfigurationError as error:
            return self.show(form, refusal=str(error), status=422)
        count = f"{len(changes)} setting{'' if len(changes) == 1 else 's'}"
        messages.success(
            self.request, f"Saved as version {saved.number}: {count} of {self.label.lower()} changed."
        )
        return redirect("merge_settings")

    def _on_top_of_newest(self, form: TypeForm, base: MergeProfileVersion) -> HttpResponse:
        """Somebody saved meanwhile: the choices go on top of that, and the person looks again."""
        before = self._choices(base)
        both = rebased(form.choices, base=before, newest=self.newest)
        theirs = type_differences(self.merge_type, before, self.newest, self.catalogue)
        clashes = type_differences(self.merge_type, self.newest, both.choices, self.catalogue)
        shown = {
            "theirs": theirs,
            "clashes": [one for one in clashes if one.key in both.clashes],
            "is_other_profile": base.profile_id != self.version.profile_id,
        }
        return self.show(replace(form, choices=both.choices), meanwhile=shown, status=409)

    # ---- pages

    def _confirm(self, form: TypeForm, changes: list[Difference]) -> HttpResponse:
        new = {one.key: form.choices[one.key] for one in changes if one.key in form.choices}
        names = section_names(new)
        shown = {
            **self._frame(form),
            "changes": changes,
            "fields": _as_fields(form.choices),
            "unknown": [sis_id for sis_id in ids_of_overrides(new) if sis_id not in names],
            "parked": count_parked(),
            "next_number": self.version.number + 1,
        }
        return render(self.request, "adminconsole/merge_settings_confirm.html", shown)

    def show(self, form: TypeForm, *, status: int = 200, **said: Any) -> HttpResponse:
        """The form. `said`: what stands above it (`refusal`, `notice`, `meanwhile`)."""
        shown = {**self._frame(form), **said, "removal_meaning": ALWAYS_REMOVED.get(self.merge_type)}
        if has_form(self.merge_type):
            shown |= {
                "groups": field_matrix(self.merge_type, form.choices, self.catalogue, known_capabilities()),
                "columns": COLUMNS,
                "default_column": DEFAULT,
                "default_source": form.choices.get("default_source"),
            }
        if self.merge_type is MergeType.SECTIONS:
            shown |= {
                "removals": [(one, REMOVAL_NAMES[one], REMOVAL_MEANINGS[one]) for one in Removal],
                "overrides": override_rows(form.choices, self.catalogue, section_names(form.choices)),
                "can_override": [one for one in self.catalogue if not is_locked(one)],
            }
        return render(self.request, "adminconsole/merge_settings_type.html", shown, status=status)

    def _frame(self, form: TypeForm) -> dict[str, Any]:
        return {
            "merge_type": self.merge_type.value,
            "label": self.label,
            "version": facts_of(self.version),
            "form": form,
            "is_enabled": form.choices.get("is_enabled"),
            "removal": form.choices.get("removal"),
        }


def _as_fields(choices: Choices) -> list[tuple[str, str]]:
    """The choices as hidden fields of the page: what is not ticked is not sent."""
    return [(key, "on" if value is True else str(value)) for key, value in choices.items() if value]
