"""What changes in a timeline, in words, and what the clock does at a switch."""

import datetime as dt
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from adminconsole.rule_choices import Choices, ChoicesForm
from adminconsole.settings_differences import Difference
from adminconsole.timeline_choices import NO_PHASE, clock_note
from phases.wording import moment_words
from scheduling.timeline_picture import DEFAULTS

NO_SWITCH = "no switch"


def timeline_differences(form: ChoicesForm, phases: Mapping[str, str], zone: ZoneInfo) -> list[Difference]:
    """The switches that change. `phases`: id (and *default*) -> name."""
    return list(_Words(form, phases, zone).differences())


def consequence_now(form: ChoicesForm, phases: Mapping[str, str], *, term: str, now: dt.datetime) -> str:
    """What the term is in as soon as this is saved; blank: it stays in its phase."""
    before, after = (_phase_at(choices, now) for choices in (form.stands, form.wanted))
    if before == after:
        return ""
    is_in, was_in = phases.get(after, after), phases.get(before, before)
    return f"Once saved, {term} is in {is_in} at once, no longer in {was_in}."


def _phase_at(choices: Choices, now: dt.datetime) -> str:
    begun = [one for one, phase in choices.items() if phase and dt.datetime.fromisoformat(one) <= now]
    return choices[max(begun, key=dt.datetime.fromisoformat)] if begun else NO_PHASE


class _Words:
    def __init__(self, form: ChoicesForm, phases: Mapping[str, str], zone: ZoneInfo) -> None:
        self.form, self.phases, self.zone = form, phases, zone
        self.moments = sorted(moment for moment, phase in form.wanted.items() if phase)

    def differences(self) -> Iterator[Difference]:
        """A switch that moved is told once."""
        stands, wanted = self.form.stands, self.form.wanted
        gone = {key: stands[key] for key in self.form.changes if not wanted.get(key) and stands.get(key)}
        for key in sorted(self.form.changes):
            phase = wanted.get(key, "")
            if not phase:
                continue
            moved = None if stands.get(key) else next((old for old in gone if gone[old] == phase), None)
            if moved:
                del gone[moved]
                yield self._told(key, f"{self._name(phase)} begins", self._at(moved), self._at(key))
            else:
                before = self._name(stands[key]) if stands.get(key) else NO_SWITCH
                yield self._told(key, f"From {self._at(key)}", before, self._name(phase))
        for key, phase in gone.items():
            yield self._told(key, f"From {self._at(key)}", self._name(phase), NO_SWITCH)

    def _told(self, key: str, label: str, before: str, after: str) -> Difference:
        return Difference(key=key, label=label, before=before, after=after, effect=self._effect(key))

    def _effect(self, key: str) -> str:
        """What holds from then on."""
        later = [one for one in self.moments if one > key]
        earlier = [one for one in self.moments if one <= key]
        phase = self._name(self.form.wanted[earlier[-1]] if earlier else NO_PHASE)
        until = f" until {self._at(later[0])}." if later else " for good, until another switch is set."
        local = dt.datetime.fromisoformat(key).astimezone(self.zone)
        note = clock_note(local) if self.form.wanted.get(key) else ""
        verb = "hold" if phase == DEFAULTS else "holds"
        return f"{phase} then {verb}{until} {note}".strip()

    def _name(self, phase: str) -> str:
        return self.phases.get(phase, "a phase that is gone")

    def _at(self, key: str) -> str:
        return moment_words(dt.datetime.fromisoformat(key), self.zone)
