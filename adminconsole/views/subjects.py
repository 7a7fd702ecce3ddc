"""Merge Settings, Subjects: which subjects belong to a department of another code."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from adminconsole.access import needs
from adminconsole.rule_choices import Choices, ChoicesForm
from adminconsole.settings_differences import Difference, document_differences
from adminconsole.settings_saving import lock_profiles
from adminconsole.views.rules_page import RulesPage
from integration.settings import ConfigurationError, MergeSettings, active_version, read, save_settings
from phases.errors import RuleRefused
from phases.rules import Permission
from scheduling.models import Course, Department
from scheduling.selectors import catalogue
from scheduling.services.audit import Author

LONGEST = 40
NEW_LINES = 3
MOST_LINES = 2000
"""So many lines of a form are read."""


@needs(Permission.MANAGE_MERGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def merge_settings_subjects(request: HttpRequest) -> HttpResponse:
    """The subjects: their form, then what changes, then the next version."""
    try:
        return SubjectsPage(request).answer()
    except ConfigurationError as error:
        messages.error(request, str(error))
        return redirect("merge_settings_versions")


class SubjectsPage(RulesPage):
    """One request. A choice's key is a subject, its value the department's code."""

    template = "adminconsole/merge_settings_subjects.html"

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.departments = {one.pk: one.name for one in Department.objects.all()}
        self.incomplete: list[str] = []

    @cached_property
    def without(self) -> Sequence[str]:
        """The subjects of courses that belong to no department at all."""
        lost = Course.objects.filter(department=None, is_active=True, is_placeholder=False)
        found = lost.exclude(subject="").order_by("subject").values_list("subject", flat=True)
        return list(found.distinct())

    def read(self) -> Choices:
        """What the active settings say. Raises `ConfigurationError`."""
        return dict(read(active_version()).subject_departments)

    def lock(self) -> None:
        """The profiles, as every save of settings does."""
        lock_profiles()

    def parse(self, seen: Choices) -> tuple[Choices, Sequence[str]]:
        """The lines of the form: a subject and a department; without a department the line says nothing."""
        data, problems = self.request.POST, list[str]()
        sent: dict[str, str] = {}
        for subject, department in self._lines(data.getlist("subject"), data.getlist("department")):
            if not subject and not department:
                continue
            if not subject or len(subject) > LONGEST:
                problems.append(
                    f"Write a subject of at most {LONGEST} letters beside {department or subject}."
                )
            elif department and sent.get(subject, department) != department:
                problems.append(f"{subject} stands in two lines with different departments; keep one.")
            elif not self.accepts(subject, department) and seen.get(subject) != department:
                problems.append(f"There is no department {department}; choose one for {subject}.")
            elif department:
                sent[subject] = department
            elif subject not in seen and subject not in self.without:
                problems.append(f"Choose a department for {subject}.")
                self.incomplete.append(subject)
        return sent, problems

    @staticmethod
    def _lines(subjects: list[str], departments: list[str]) -> list[tuple[str, str]]:
        lines = zip(subjects[:MOST_LINES], departments, strict=False)
        return [(one.replace("\x00", "").strip(), other.replace("\x00", "")) for one, other in lines]

    def accepts(self, key: str, value: str) -> bool:
        """A subject with a department that there is, or without one any more."""
        return 0 < len(key) <= LONGEST and (not value or value in self.departments)

    def differences(self, form: ChoicesForm) -> list[Difference]:
        """Subject by subject, in the words of the versions' list."""
        old, new = (MergeSettings(subject_departments=_said(one)) for one in (form.stands, form.wanted))
        return document_differences(old, new, catalogue())

    def consequence(self, _form: ChoicesForm) -> str:
        """When it counts."""
        return (
            "Courses change their department with the next merge of courses, and who may edit them with it."
        )

    def save(self, form: ChoicesForm, author: Author) -> str:
        """The next version of the settings."""
        document = msgspec.structs.replace(read(active_version()), subject_departments=_said(form.wanted))
        reason = "Departments of subjects"
        try:
            saved = save_settings(document, actor=author.user, reason=reason, now=author.now)
        except ConfigurationError as error:
            raise RuleRefused(str(error)) from error
        return f"Saved as version {saved.number}. It counts from the next merge of courses on."

    def shown(self, form: ChoicesForm) -> dict[str, Any]:
        """The subjects that have a department here, those that have none at all, and empty lines."""
        mapped = _said(form.wanted)
        without = [one for one in self.without if one not in mapped]
        lines = [(one, mapped[one], mapped[one] not in self.departments) for one in sorted(mapped)]
        return {
            "lines": [*lines, *((one, "", False) for one in without)],
            "without": without,
            "new_lines": [*self.incomplete, *[""] * NEW_LINES][:NEW_LINES],
            "departments": self.departments.items(),
            "longest": LONGEST,
        }

    def place(self) -> dict[str, Any]:
        """Where the page stands."""
        return {
            "heading": "Departments of subjects",
            "crumbs": [(reverse("merge_settings"), "Merge Settings")],
            "back": reverse("merge_settings"),
        }


def _said(choices: Choices) -> dict[str, str]:
    return {subject: code for subject, code in sorted(choices.items()) if code}
