"""What a SIS is known to refuse of sections and crosslists: declared as data, told while people edit. Pure.

Only what the SIS asks of every section alike can be declared. What it alone can know comes back as a refusal.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from scheduling.domain.checks import Check, Finding, Severity, Surroundings, Values, pattern
from scheduling.domain.fields import CATALOGUE
from scheduling.domain.values import WHOLE

BEGINNING = "The SIS will refuse this:"


@dataclass(frozen=True, kw_only=True, slots=True)
class SectionRules:
    """The rules of one SIS. Nothing declared: nothing is known beforehand.

    `longest`: field -> the most characters it takes. `needed`: fields without which it has no section;
    `filled_in`: those of them that the adapter gives a value in a new one. `fixed_once_enrolled`: fields that
    it no longer changes once students are enrolled. `starts_in_term`: a section starts on a day of its term.
    `percent_slack`: the instructors' percentages add up to 100, give or take so many percent (None: they need
    not). `dates_meetings`: a meeting with days or times has dates, or its section has. `needs_primary`: a
    crosslist that it has always has a primary section.
    """

    longest: Mapping[str, int] = field(default_factory=dict)
    needed: frozenset[str] = frozenset()
    filled_in: frozenset[str] = frozenset()
    fixed_once_enrolled: frozenset[str] = frozenset()
    starts_in_term: bool = False
    percent_slack: int | None = None
    dates_meetings: bool = False
    needs_primary: bool = False

    def in_words(self) -> list[str]:
        """The rules for people, one a sentence."""
        said = [f"{_label(name)}: at most {most} characters" for name, most in sorted(self.longest.items())]
        if self.needed:
            said.append(f"never blank: {_listed(self.needed)}")
        if self.fixed_once_enrolled:
            said.append(f"fixed once students are enrolled: {_listed(self.fixed_once_enrolled)}")
        if self.starts_in_term:
            said.append("a section starts within its term")
        if self.percent_slack is not None:
            said.append(f"instructors share {WHOLE} percent")
        if self.dates_meetings:
            said.append("meetings have dates, or their section has")
        if self.needs_primary:
            said.append("a crosslist has a primary section")
        return said

    def refusals(self, values: Values, around: Surroundings, *, is_there: bool) -> Iterator[Finding]:
        """What it would refuse of a live section with these values. `is_there`: the SIS has it already."""
        if values.get("status") != "ACTIVE":
            return
        yield from self._too_long(values)
        yield from self._blank(values, is_there=is_there)
        yield from self._fixed(values)
        yield from self._outside_term(values, around)
        yield from self._not_whole(values)
        if is_there:  # in a new one, blank dates are those of the term
            yield from self._undated(values)

    def group_refusals(self, *, has_primary: bool) -> Iterator[Finding]:
        """What it would refuse of a crosslist that it has already."""
        if self.needs_primary and not has_primary:
            yield _refused("members", "a crosslist needs one primary section there; mark one.")

    def _too_long(self, values: Values) -> Iterator[Finding]:
        for name, most in self.longest.items():
            length = len(values.get(name) or "")
            if length > most:
                words = f"{_label(name)} may have {most} characters there and has {length}; shorten it."
                yield _refused(name, words)

    def _blank(self, values: Values, *, is_there: bool) -> Iterator[Finding]:
        for name in sorted(self.needed if is_there else self.needed - self.filled_in):
            if values.get(name):
                continue
            label = _label(name)
            if is_there:
                yield _refused(name, f"{label} must not be blank there; fill it in.", rule="blank")
            else:
                yield Finding(
                    code=Check.SIS_WILL_REFUSE,
                    severity=Severity.WARNING,
                    message=f"The SIS takes no section without {label}; fill it in, or it stays only here.",
                    field=name,
                    other=f"{name} blank",
                )

    def _fixed(self, values: Values) -> Iterator[Finding]:
        count = values.get("enrollment") or 0
        if not count:
            return
        students = f"{count} {'student is' if count == 1 else 'students are'} enrolled"
        for name in sorted(self.fixed_once_enrolled):
            yield _refused(
                name, f"{_label(name)} cannot change any more, {students}; ask the registrar.", rule="fixed"
            )

    def _outside_term(self, values: Values, around: Surroundings) -> Iterator[Finding]:
        start = values.get("start_date")
        if self.starts_in_term and start and not around.term_start <= start <= around.term_end:
            term = f"{around.term_start} to {around.term_end}"
            words = f"{start} is outside the term ({term}); choose a date within it."
            yield _refused("start_date", f"{_label('start_date')} {words}")

    def _not_whole(self, values: Values) -> Iterator[Finding]:
        team = values.get("instructors") or ()
        total = sum((Decimal(str(one.percent)) for one in team), Decimal(0))
        if team and self.percent_slack is not None and abs(WHOLE - total) > self.percent_slack:
            words = f"the instructors' shares add up to {total.normalize():f} %, not {WHOLE}; correct them."
            yield _refused("instructors", words)

    def _undated(self, values: Values) -> Iterator[Finding]:
        if not self.dates_meetings:
            return
        for one in values.get("meetings") or ():
            if one.is_arranged or (one.start_date and one.end_date):
                continue
            words = f"the meeting {pattern(one)} has no first or no last date; give the section both dates."
            yield _refused("meetings", words, rule=pattern(one))


def _refused(name: str, words: str, *, rule: str = "") -> Finding:
    return Finding(
        code=Check.SIS_WILL_REFUSE,
        severity=Severity.ERROR,
        message=f"{BEGINNING} {words}",
        field=name,
        other=f"{name} {rule}".strip(),
    )


def _label(name: str) -> str:
    return CATALOGUE[name].label


def _listed(names: frozenset[str]) -> str:
    return ", ".join(one.label for one in CATALOGUE if one.name in names)
