"""`manage.py replay_outbound`: release parked changes."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from integration.outbound import replay


class Command(BaseCommand):
    """Makes rejected changes due again; `deliver_outbound` or the next merge sends them."""

    help = "Release changes that the SIS rejected, so that they are tried again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("--term", metavar="CODE", help="only this term")

    def handle(self, *_args: object, term: str | None, **_given: Any) -> None:
        """Release and say how many."""
        count = replay(term=term, now=timezone.now())
        self.stdout.write(f"{count} changes are released." if count != 1 else "1 change is released.")
