"""`manage.py replay_outbound`: release parked changes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.outbound import replay
from scheduling.models import Term


class Command(BaseCommand):
    """Makes rejected changes due again; `deliver_outbound` or the next merge sends them."""

    help = "Release changes that the SIS rejected, so that they are tried again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("--term", metavar="CODE", help="only this term")

    def handle(self, *_args: object, term: str | None, **_given: Any) -> None:
        """Release and say how many; exit 2 for a term that is not here."""
        if term is not None and not Term.objects.filter(pk=term).exists():
            raise CommandError(f"There is no term {term!r} here; check the code.", returncode=2)
        count = replay(term=term, now=timezone.now())
        self.stdout.write(f"{count} changes are released." if count != 1 else "1 change is released.")
