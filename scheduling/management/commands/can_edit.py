"""`manage.py can_edit`: what may this person edit in this term, at that moment, and why (CONTRACT.md)."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any, cast
from zoneinfo import ZoneInfo

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from phases.policy import ACTION_WORDS, Decision
from phases.selectors import institution_zone
from phases.timeline import local_moment
from phases.wording import moment_words
from scheduling.domain.errors import DomainError
from scheduling.may_edit import MayEdit, may_edit
from scheduling.models import Section, Term, User
from scheduling.selectors import actor_for, catalogue, section_named

WRONG_USE = 2


class Command(BaseCommand):
    """Exit status: 0 answered, whatever the answer; 2 no such user, term, section or moment."""

    help = "Say which fields somebody may edit in a term and what they may do there, with the reasons."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("user", metavar="USER")
        parser.add_argument("term", metavar="TERM", help="the code of a term")
        parser.add_argument(
            "--section",
            metavar="S",
            help="crn, SIS id or SUBJECT-NUMBER-SECTIONNUMBER; without: any of theirs",
        )
        parser.add_argument(
            "--at",
            metavar="DATETIME",
            help="such as 2027-01-12T17:00, in the institution's time zone unless it names its own; now",
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *_args: object, **given: Any) -> None:
        """Find what is asked about, print the answer."""
        user = User.objects.filter(username=given["user"]).first()
        if user is None:
            raise _wrong(f"There is no user {given['user']!r}; check the name.")
        term = Term.objects.filter(pk=given["term"]).first()
        if term is None:
            raise _wrong(f"There is no term {given['term']!r}; check its code.")
        at = timezone.now() if given["at"] is None else _moment(given["at"])
        answer = may_edit(actor_for(user), term, at=at, section=_section(term, given["section"]))
        if given["json"]:
            self.stdout.write(msgspec.json.encode(answer.document()).decode())
        else:
            self._report(answer, term)

    def _report(self, answer: MayEdit, term: Term) -> None:
        until = "" if answer.until is None else f" until {moment_words(answer.until, institution_zone())}"
        phase = f"in {answer.phase}" if answer.phase else "in no phase; the roles' defaults hold"
        self.stdout.write(f"{term} is {phase}{until}.")
        labels = {one.name: one.label for one in catalogue()}
        self._list("Fields", {labels[name]: one for name, one in answer.fields.items()})
        words = {ACTION_WORDS[action].capitalize(): one for action, one in answer.actions.items()}
        self._list("Actions", words)

    def _list(self, heading: str, decisions: dict[str, Decision]) -> None:
        self.stdout.write(f"{heading}:")
        for label, one in decisions.items():
            said = f"yes  {label}: {one.reason}" if one.is_allowed else f"no   {one.reason}"
            self.stdout.write(f"  {said}")


def _section(term: Term, name: str | None) -> Section | None:
    if name is None:
        return None
    try:
        found = section_named(term.pk, name)
    except DomainError as error:
        raise _wrong(error.message) from error
    return Section.objects.select_related("course").get(pk=found)


def _moment(text: str) -> dt.datetime:
    try:
        given = dt.datetime.fromisoformat(text)
        if given.tzinfo is None:
            return local_moment(given, cast("ZoneInfo", institution_zone()))
        return given.astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise _wrong(f"{text!r} is no date and time; write it like 2027-01-12T17:00.") from error


def _wrong(sentence: str) -> CommandError:
    return CommandError(sentence, returncode=WRONG_USE)
