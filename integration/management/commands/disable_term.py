"""`manage.py disable_term`: take a term out (CONTRACT.md, Other commands)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.management.commands.enable_term import WRONG_USE, term_types
from integration.sis.port import TERM_TYPES
from integration.terms import CannotEnable, count_waiting, disable_term
from scheduling.models import Term


class Command(BaseCommand):
    """Exit status: 0 it is off (also if it was), 2 there is no such term."""

    help = "Take a term out. What is queued waits until the term is on again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("term", metavar="CODE")
        parser.add_argument("--types", default=",".join(TERM_TYPES), metavar="TYPE,…")

    def handle(self, *_args: object, **given: Any) -> None:
        """Turn it off and say what waits."""
        try:
            types = term_types(given["types"])
        except CannotEnable as error:
            raise CommandError(str(error), returncode=WRONG_USE) from error
        term = Term.objects.filter(pk=given["term"]).first()
        if term is None:
            raise CommandError(
                f"There is no term {given['term']!r} here; check the code.", returncode=WRONG_USE
            )
        was_on = disable_term(term, types=types, actor=None, now=timezone.now())
        named = ", ".join(was_on or types)
        self.stdout.write(f"{term} is off for {named}." if was_on else f"{term} was off for {named} already.")
        if waiting := count_waiting(term, types):
            self.stdout.write(f"Waiting until it is on again: {waiting} of its records.")
