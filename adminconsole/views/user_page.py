"""The page of one user, or of a new one: who it is, products, and roles with their departments."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from adminconsole.access import admin_of
from adminconsole.rule_choices import Choices, ChoicesForm
from adminconsole.settings_differences import Difference
from adminconsole.user_choices import LONGEST, ON, TICKS, WHERE, account_of, choices_of, posted
from adminconsole.user_words import LABELS, changes_of, differences_of
from adminconsole.views.rules_page import RulesPage
from phases.errors import RuleRefused
from scheduling.domain.errors import DomainError
from scheduling.models import Department, Role, User
from scheduling.services import accounts
from scheduling.services.account_guards import lock_users
from scheduling.services.accounts import Account, save_account
from scheduling.services.audit import Author

KNOWS = "knows"
"""The tick beside `RulesPage.question`."""


class UserPage(RulesPage):
    """One request to the page of a user; `user` None: a new one."""

    template = "adminconsole/user.html"

    def __init__(self, request: HttpRequest, user: User | None) -> None:
        super().__init__(request)
        self.user, self.made = user, 0
        self.roles = dict(Role.objects.order_by("name").values_list("pk", "name"))
        self.departments = list(Department.objects.all())
        self.codes = [one.pk for one in self.departments]

    def read(self) -> Choices:
        """The account as it stands."""
        if self.user is None:
            return choices_of(Account(username=""))
        found = User.objects.filter(pk=self.user.pk).first()
        if found is None:
            raise Http404
        return choices_of(accounts.account_of(found))

    def lock(self) -> None:
        """The user and whoever changes them, as the service does."""
        lock_users(self.user.pk if self.user else None, admin_of(self.request).pk)

    def parse(self, seen: Choices) -> tuple[Choices, Sequence[str]]:
        """All of the form."""
        sent = posted(self.request.POST.dict(), seen, roles=self.roles, departments=self.codes)
        problems = [
            f"{LABELS[name]}: write at most {longest} characters."
            for name, longest in LONGEST.items()
            if len(sent[name]) > longest
        ]
        if not sent["username"]:
            problems.append("Give the user a name to sign in with.")
        known = {key: value for key, value in sent.items() if self.accepts(key, value)}
        if not problems:
            try:
                accounts.check_account(account_of(known), is_new=self.user is None)
            except DomainError as error:
                problems.append(error.message)
        return known, problems

    def accepts(self, key: str, value: str) -> bool:
        """A part that fits, a role and a department that there are."""
        kind, _colon, name = key.partition(":")
        if key in TICKS:
            return value in {"", ON}
        if kind == "role":
            return name in self.roles and value in WHERE
        if kind == "in":
            role, _colon, code = name.partition(":")
            return role in self.roles and code in self.codes and value in {"", ON}
        return key in LONGEST and len(value) <= LONGEST[key]

    def differences(self, form: ChoicesForm) -> list[Difference]:
        """Part by part, role by role."""
        return differences_of(form, self.roles)

    def question(self, form: ChoicesForm) -> str:
        """From the third person with the Admin product on, somebody has to say that they know."""
        pk = self.user.pk if self.user else None
        others = accounts.other_admins(pk)
        before = None if self.user is None else account_of(form.stands)
        if not accounts.needs_admin_confirmation(before, account_of(form.wanted), others):
            return ""
        return (
            f"I know that {', '.join(others)} have the Admin product already and that it is given to few. "
            f"{form.wanted['username']} is to have it too."
        )

    def consequence(self, form: ChoicesForm) -> str:
        """What an account without a role lacks."""
        return accounts.no_role_warning(account_of(form.wanted))

    def save(self, form: ChoicesForm, author: Author) -> str:
        """The whole account."""
        pk = self.user.pk if self.user else None
        try:
            saved = save_account(
                pk, account_of(form.wanted), author=author, knows_admins=KNOWS in self.request.POST
            )
        except DomainError as error:
            raise RuleRefused(error.message, error.field) from error
        if self.user is not None:
            return f"Saved {saved.username}."
        self.made = saved.pk
        return f"Made the user {saved.username}, who can sign in once you have set a password here."

    def shown(self, form: ChoicesForm) -> dict[str, Any]:
        """The parts, and the table of roles."""
        wanted = form.wanted
        return {
            "user_shown": self.user,
            "parts": [(name, LABELS[name], wanted.get(name, "")) for name in ("first_name", "last_name")],
            "wanted": wanted,
            "longest": LONGEST,
            "ticks": [(name, LABELS[name], bool(wanted.get(name))) for name in TICKS],
            "roles": [(code, name, wanted.get(f"role:{code}", "")) for code, name in self.roles.items()],
            "where": WHERE.items(),
            "rows": [
                (
                    one,
                    [
                        (name, f"in:{code}:{one.pk}", f"in:{code}:{one.pk}" in ticked)
                        for code, name in self.roles.items()
                    ],
                )
                for ticked in [{key for key, value in wanted.items() if value}]
                for one in self.departments
            ],
            "history": changes_of(self.user.pk) if self.user else (),
        }

    def place(self) -> dict[str, Any]:
        """Where the page stands; after making somebody, their password comes next."""
        return {
            "heading": f"User {self.user.username}" if self.user else "New user",
            "crumbs": [(reverse("users"), "Users")],
            "back": reverse("user_access", args=[self.made]) if self.made else reverse("users"),
        }
