"""The page of one phase, or of a new one: what it is called, and its two matrices."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from adminconsole.phase_choices import (
    PARTS,
    RULE_WORDS,
    changed_rules,
    parts_of,
    rules_of,
    with_set,
)
from adminconsole.phase_matrix import action_rows, closed_note, field_rows
from adminconsole.phase_overview import phase_lines
from adminconsole.phase_words import differences_of
from adminconsole.rule_choices import Choices, ChoicesForm
from adminconsole.rule_saving import recorder
from adminconsole.settings_differences import Difference
from adminconsole.views.rules_page import RulesPage
from phases.errors import RuleRefused
from phases.models import Colour, Phase
from phases.rules import ACTION_WORDS, REGISTRAR, Rule
from phases.selectors import phase_rules, role_rules
from phases.selectors import phases as all_phases
from phases.services.phases import check_phase_name, save_phase, save_phase_rules
from scheduling.models import Role
from scheduling.selectors import catalogue
from scheduling.services.audit import Author

LONGEST = {"name": 100, "description": 500}
LAST_PLACE = 9999


class PhasePage(RulesPage):
    """One request to the page of a phase; `pk` None: a new one. Raises `Http404`."""

    template = "adminconsole/phase.html"

    def __init__(self, request: HttpRequest, pk: int | None) -> None:
        super().__init__(request)
        self.pk = pk
        self.catalogue = catalogue()
        self.roles = role_rules()
        self.ordered = sorted(self.roles.values(), key=lambda role: (role.code != REGISTRAR, role.code))
        self.phases = list(all_phases())
        self.cells = frozenset(rules_of(None, self.ordered, self.catalogue))
        if pk is not None and pk not in {one.pk for one in self.phases}:
            raise Http404

    def read(self) -> Choices:
        """What the phase is called and says."""
        if self.pk is None:
            last = max((one.position for one in self.phases), default=0)
            return {**parts_of(None, position=last + 1), **self._rules(None)}
        return {**parts_of(Phase.objects.filter(pk=self.pk).first()), **self._rules(self.pk)}

    def _rules(self, pk: int | None) -> Choices:
        found = phase_rules([pk]).get(pk) if pk is not None else None
        return rules_of(found, self.ordered, self.catalogue)

    def lock(self) -> None:
        """The phase, and the roles that its rules are about."""
        list(Phase.objects.select_for_update().filter(pk=self.pk or 0))
        list(Role.objects.select_for_update(no_key=True).order_by("pk"))

    def parse(self, seen: Choices) -> tuple[Choices, Sequence[str]]:
        """The parts and the cells."""
        data, problems = self.request.POST, []
        sent = dict(seen)
        for key in seen:
            value = data.get(key, seen[key]).replace("\x00", "").strip()
            if key in PARTS or self.accepts(key, value):
                sent[key] = value
        for part, longest in LONGEST.items():
            if len(sent.get(part, "")) > longest:
                problems.append(f"{PARTS[part]}: write at most {longest} characters.")
        try:
            check_phase_name(sent.get("name", ""), self.pk)
        except RuleRefused as refusal:
            problems.append(str(refusal))
        if not self.accepts("position", sent.get("position", "")):
            problems.append(f"{PARTS['position']}: write a whole number from 0 to {LAST_PLACE}.")
        if not self.accepts("colour", sent.get("colour", "")):
            problems.append("Choose one of the colours.")
        return sent, problems

    def accepts(self, key: str, value: str) -> bool:
        """A part that fits, or a rule of a role and field that there are."""
        if key == "colour":
            return value in Colour.values
        if key == "position":
            return value.isascii() and value.isdecimal() and int(value[:9]) <= LAST_PLACE
        if key in LONGEST:
            return len(value) <= LONGEST[key]
        return key in self.cells and value in RULE_WORDS

    def edited(self, form: ChoicesForm, step: str) -> ChoicesForm | None:
        """A row or column set, or another phase's rules taken."""
        data = self.request.POST
        if step == "set" and data.get("set_rule", "") in RULE_WORDS:
            wanted = with_set(
                form.wanted,
                what=data.get("set_what", ""),
                role=data.get("set_role", ""),
                rule=data["set_rule"],
            )
            return replace(form, wanted=wanted)
        if step == "copy":
            source = data.get("copy_from", "")
            if source in {str(one.pk) for one in self.phases}:
                return self.copied(form, int(source))
            return form
        return super().edited(form, step)

    def copied(self, form: ChoicesForm, source: int) -> ChoicesForm:
        """The form with the rules of another phase."""
        return replace(form, wanted={**form.wanted, **self._rules(source)})

    def differences(self, form: ChoicesForm) -> list[Difference]:
        """Cell by cell."""
        return differences_of(form, self.roles, self.catalogue)

    def save(self, form: ChoicesForm, author: Author) -> str:
        """The parts, then the rules."""
        wanted, record = form.wanted, recorder(author)
        pk = save_phase(
            self.pk,
            name=wanted["name"],
            description=wanted["description"],
            colour=wanted["colour"],
            position=int(wanted["position"]),
            record=record,
        )
        fields, actions = changed_rules(form, self.catalogue)
        known = {one.name for one in self.catalogue}
        save_phase_rules(pk, fields=fields, actions=actions, known_fields=known, record=record)
        return f"Saved the phase {wanted['name'].strip()}."

    def consequence(self, _form: ChoicesForm) -> str:
        """The terms that are in the phase now."""
        lines = phase_lines(now=self.now, today=timezone.localdate(self.now))
        terms = next((one.now for one in lines if one.phase.pk == self.pk), ())
        return f"Once saved, it counts at once in {'; '.join(terms)}." if terms else ""

    def shown(self, form: ChoicesForm) -> dict[str, Any]:
        """The parts and the matrices."""
        return {
            "parts": form.wanted,
            "colours": Colour.choices,
            "columns": self.ordered,
            "closed": closed_note(self.ordered),
            "groups": field_rows(form.wanted, self.ordered, self.catalogue),
            "actions": action_rows(form.wanted, self.ordered),
            "rules": [(one.value, RULE_WORDS[one.value]) for one in (Rule.DEFAULT, Rule.OPEN, Rule.LOCKED)],
            "action_words": [(one.value, words.capitalize()) for one, words in ACTION_WORDS.items()],
            "others": [one for one in self.phases if one.pk != self.pk],
            "pk": self.pk,
        }

    def place(self) -> dict[str, Any]:
        """Where the page stands."""
        name = next((one.name for one in self.phases if one.pk == self.pk), "New phase")
        return {
            "heading": name if self.pk is None else f"Phase {name}",
            "crumbs": [(reverse("phases"), "Phases")],
            "back": reverse("phases"),
        }
