"""`manage.py section_status`: where a section stands, and why it has not gone (CONTRACT.md)."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.standing import Standing
from integration.status import status_of_sections
from scheduling.domain.errors import DomainError
from scheduling.selectors import labels_of_sections, section_named

WRONG_USE = 2


class Command(BaseCommand):
    """Exit status: 0, or 2 where there is no such section, or more than one."""

    help = "Say where a section stands between Tandem and the SIS, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("term", metavar="TERM")
        parser.add_argument("section", metavar="S", help="crn, SIS id or SUBJECT-NUMBER-SECTIONNUMBER")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *_args: object, **given: Any) -> None:
        """Find the section, print its status."""
        try:
            section_id = section_named(given["term"], given["section"])
        except DomainError as error:
            raise CommandError(str(error), returncode=WRONG_USE) from error
        status = status_of_sections([section_id], Standing(timezone.now()))[section_id]
        if given["json"]:
            self.stdout.write(msgspec.json.encode(status).decode())
            return
        self.stdout.write(f"{labels_of_sections([section_id])[section_id]}: {status['headline']}")
        for reason in status["reasons"]:
            who = f" (up to {reason['who']})" if reason["who"] else ""
            self.stdout.write(f"  {reason['message']}{who}")
