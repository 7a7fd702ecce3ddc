"""The manner of every page that changes rules: the form, then what it changes, then saved."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from adminconsole.access import admin_of
from adminconsole.rule_choices import Choices, ChoicesForm, choices_in, rebase, unsent
from adminconsole.rule_saving import author_of
from adminconsole.settings_differences import Difference
from phases.errors import RuleRefused
from scheduling.services.audit import Author

NOTHING_CHANGED = "Nothing differs from what is set now, so there is nothing to save."


class RulesChanged(Exception):
    """Somebody saved the same rules after the page was made. Nothing was saved."""


class RulesPage(ABC):
    """One request to a page of rules. What is abstract says which rules."""

    template: str
    title: str

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.now = timezone.now()

    # ---- which rules

    @abstractmethod
    def read(self) -> Choices:
        """The rules as they stand."""

    @abstractmethod
    def lock(self) -> None:
        """Let nobody else change them until the transaction ends."""

    @abstractmethod
    def parse(self, seen: Choices) -> tuple[Choices, Sequence[str]]:
        """What the form sent, all of it, and sentences about what cannot be understood."""

    @abstractmethod
    def accepts(self, key: str, value: str) -> bool:
        """Whether a choice may be this."""

    @abstractmethod
    def differences(self, form: ChoicesForm) -> list[Difference]:
        """What changes, in words."""

    @abstractmethod
    def save(self, form: ChoicesForm, author: Author) -> str:
        """Save the changes and return the sentence that says so. Raises `RuleRefused`."""

    @abstractmethod
    def shown(self, form: ChoicesForm) -> dict[str, Any]:
        """What the form's template needs."""

    @abstractmethod
    def place(self) -> dict[str, Any]:
        """`heading`, `crumbs` ((address, words), …) and `back`, the address to leave to."""

    def edited(self, form: ChoicesForm, step: str) -> ChoicesForm | None:
        """The form after one of its own buttons, nothing saved; None: `step` is none of them."""
        return form if step == "edit" else None

    def question(self, _form: ChoicesForm) -> str:
        """What a person has to say yes to before the changes are saved; blank: nothing."""
        return ""

    def consequence(self, _form: ChoicesForm) -> str:
        """A sentence about what the changes come to, or where they count at once; blank: nothing to say."""
        return ""

    # ---- the three steps

    def answer(self) -> HttpResponse:
        """The form, or what is to be done with what it sent."""
        stands = self.read()
        if self.request.method != "POST":
            return self.show(unsent(stands))
        data, step = self.request.POST, self.request.POST.get("step", "")
        found = choices_in(data.get("seen", ""))
        seen = stands if found is None else found
        sent, problems = self._sent(seen)
        form = rebase(seen=seen, sent=sent, stands=stands)
        edited = self.edited(form, step)
        if edited is not None:
            return self.show(edited)
        if problems:
            return self.show(form, status=422, problems=problems)
        if form.clashes or (form.overtaken and step == "save"):
            return self._overtaken(form)
        if not form.changes:
            return self.show(form, notice=NOTHING_CHANGED)
        return self._save(form) if step == "save" else self._confirm(form)

    def _sent(self, seen: Choices) -> tuple[Choices, Sequence[str]]:
        confirmed = choices_in(self.request.POST.get("wanted", ""))
        if confirmed is None:
            return self.parse(seen)
        known = {key: value for key, value in confirmed.items() if self.accepts(key, value)}
        return {**seen, **known}, ()

    def _save(self, form: ChoicesForm) -> HttpResponse:
        try:
            sentence = self._saved(form)
        except RulesChanged:
            return self._overtaken(rebase(seen=form.stands, sent=form.wanted, stands=self.read()))
        except RuleRefused as refused:
            return self.show(form, status=422, problems=[refused.message])
        messages.success(self.request, sentence)
        return redirect(self.place()["back"])

    @transaction.atomic
    def _saved(self, form: ChoicesForm) -> str:
        self.lock()
        if self.read() != form.stands:
            raise RulesChanged
        return self.save(form, author_of(admin_of(self.request), now=self.now))

    # ---- pages

    def show(self, form: ChoicesForm, *, status: int = 200, **said: Any) -> HttpResponse:
        """The form. `said`: what stands above it (`problems`, `notice`, `meanwhile`, `clashes`)."""
        shown = {**self.place(), **self.shown(form), **said, "form": form}
        return render(self.request, self.template, shown, status=status)

    def _overtaken(self, form: ChoicesForm) -> HttpResponse:
        """Somebody saved meanwhile: the choices go on top of that, and the person looks again."""
        theirs = replace(form, stands={**form.stands, **form.overtaken}, wanted=form.stands)
        mine = replace(form, wanted={**form.stands, **{key: form.wanted[key] for key in form.clashes}})
        return self.show(form, status=409, meanwhile=self.differences(theirs), clashes=self.differences(mine))

    def _confirm(self, form: ChoicesForm) -> HttpResponse:
        shown = {
            **self.place(),
            "form": form,
            "changes": self.differences(form),
            "consequence": self.consequence(form),
            "question": self.question(form),
        }
        return render(self.request, "adminconsole/rules_confirm.html", shown)
