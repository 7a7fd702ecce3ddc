"""`manage.py explain`: why a field of a section holds the value it holds (CONTRACT.md)."""

from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.explaining import explain
from integration.settings import ConfigurationError
from integration.wording import in_words
from scheduling.domain.errors import DomainError
from scheduling.selectors import labels_of_sections, section_named

WRONG_USE = 2


class Command(BaseCommand):
    """Exit status: 0, or 2 where there is no such section or field, or more than one section."""

    help = "Explain a value: what both sides held, which rule decided, in which run, and who chose it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("term", metavar="TERM")
        parser.add_argument("section", metavar="S", help="crn, SIS id or SUBJECT-NUMBER-SECTIONNUMBER")
        parser.add_argument("field", metavar="FIELD")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *_args: object, **given: Any) -> None:
        """Find the section, print the explanation."""
        try:
            section_id = section_named(given["term"], given["section"])
            found = explain(section_id, given["field"], now=timezone.now())
        except (DomainError, ConfigurationError) as error:
            raise CommandError(str(error), returncode=WRONG_USE) from error
        if given["json"]:
            self.stdout.write(msgspec.json.encode(found).decode())
            return
        label = labels_of_sections([section_id])[section_id]
        self.stdout.write(f"{found['label']} of {label} is {in_words(found['value'])}.")
        for name, side in (("before", "base"), ("Tandem", "ours"), ("SIS", "theirs")):
            self.stdout.write(f"  {name + ':':8}{in_words(found[side])}")
        self.stdout.write(f"  {found['sentence']}")
