"""The page of one role: its permissions and its fields' defaults."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from adminconsole.access import admin_of
from adminconsole.phase_choices import editable
from adminconsole.role_choices import (
    changed_fields,
    changed_permissions,
    choices_of,
    field_rows,
    permission_rows,
    with_all_fields,
)
from adminconsole.role_words import FIELD_WORDS, GRANT_EFFECTS, GRANTS, differences_of
from adminconsole.rule_choices import Choices, ChoicesForm
from adminconsole.rule_saving import recorder
from adminconsole.settings_differences import Difference
from adminconsole.views.rules_page import RulesPage
from phases.errors import RuleRefused
from phases.rules import ANY_FIELD, PERMISSION_WORDS, RoleRules
from phases.selectors import role_rules
from phases.services.roles import save_role_rules
from scheduling.domain.errors import InvalidValue
from scheduling.models import Role, RoleAssignment
from scheduling.selectors import catalogue
from scheduling.services.account_guards import OWN_RIGHT, can_manage_users
from scheduling.services.audit import Author
from scheduling.services.roles import LONGEST_NAME, rename_role, role_name


class RolePage(RulesPage):
    """One request to the page of a role. Raises `Http404`."""

    template = "adminconsole/role.html"

    def __init__(self, request: HttpRequest, code: str) -> None:
        super().__init__(request)
        found = role_rules().get(code)
        if found is None:
            raise Http404
        self.code, self.name = code, found.name
        self.catalogue = catalogue()
        self.fields = {ANY_FIELD, *(one.name for one in editable(self.catalogue))}

    def read(self) -> Choices:
        """The role's name, permissions and defaults."""
        return choices_of(role_rules().get(self.code) or RoleRules(code=self.code, name=""), self.catalogue)

    def lock(self) -> None:
        """All roles, as the service does."""
        list(Role.objects.select_for_update(no_key=True).order_by("pk"))

    def parse(self, seen: Choices) -> tuple[Choices, Sequence[str]]:
        """The name and the choices."""
        data = self.request.POST
        sent = {key: data.get(key, value).replace("\x00", "").strip() for key, value in seen.items()}
        problems = []
        try:
            role_name(sent.get("name", ""), self.code)
        except InvalidValue as refusal:
            problems.append(refusal.message)
        known = {
            key: value if key == "name" or self.accepts(key, value) else seen[key]
            for key, value in sent.items()
        }
        return known, problems

    def accepts(self, key: str, value: str) -> bool:
        """A permission, a field's default, or the name."""
        if key == "name":
            return len(value) <= LONGEST_NAME
        kind, _colon, name = key.partition(":")
        if kind == "permission":
            return name in PERMISSION_WORDS and value in GRANTS
        return kind == "field" and name in self.fields and value in FIELD_WORDS

    def edited(self, form: ChoicesForm, step: str) -> ChoicesForm | None:
        """Every field set at once."""
        rule = self.request.POST.get("set_rule", "")
        if step == "set" and rule in FIELD_WORDS:
            return replace(form, wanted=with_all_fields(form.wanted, rule))
        return super().edited(form, step)

    def differences(self, form: ChoicesForm) -> list[Difference]:
        """Permission by permission, field by field."""
        return differences_of(form, self.catalogue)

    def save(self, form: ChoicesForm, author: Author) -> str:
        """The name, then the rules."""
        name, me = form.wanted["name"], admin_of(self.request)
        managed_users = can_manage_users(me)
        try:
            rename_role(self.code, name, author=author)
        except InvalidValue as error:
            raise RuleRefused(str(error), "name") from error
        save_role_rules(
            self.code,
            permissions=changed_permissions(form),
            fields=changed_fields(form, self.catalogue),
            known_fields={one.name for one in self.catalogue},
            record=recorder(author),
        )
        if managed_users and not can_manage_users(me):
            raise RuleRefused(OWN_RIGHT, "permissions")
        return f"Saved the role {name}."

    def consequence(self, _form: ChoicesForm) -> str:
        """How many hold the role."""
        count = RoleAssignment.objects.filter(role=self.code).count()
        if not count:
            return "Nobody holds the role now."
        who = "One user holds" if count == 1 else f"{count} users hold"
        return f"{who} the role; once saved, it counts at once."

    def shown(self, form: ChoicesForm) -> dict[str, Any]:
        """The two tables."""
        return {
            "parts": form.wanted,
            "permissions": permission_rows(form.wanted),
            "grants": GRANTS.items(),
            "meanings": [(GRANTS[one], meaning) for one, meaning in GRANT_EFFECTS.items()],
            "fields": field_rows(form.wanted, self.catalogue),
            "rules": FIELD_WORDS.items(),
        }

    def place(self) -> dict[str, Any]:
        """Where the page stands."""
        return {
            "heading": f"Role {self.name}",
            "crumbs": [(reverse("roles"), "Roles")],
            "back": reverse("roles"),
        }
