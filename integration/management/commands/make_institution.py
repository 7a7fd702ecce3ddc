"""`manage.py make_institution`: write a synthetic institution as an exchange folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integration.institution.writing import FolderInUse, write_institution


class Command(BaseCommand):
    """Parses, writes the folder, says which terms are in it."""

    help = "Write a synthetic institution as an exchange folder, the same bytes for the same arguments."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("directory", type=Path, metavar="DIR", help="the folder to make")
        parser.add_argument("--sections", type=int, required=True, metavar="N", help="sections in each term")
        parser.add_argument("--terms", type=int, default=1, metavar="K", help="terms (default: 1)")
        parser.add_argument("--seed", type=int, default=1, metavar="S", help="another number, another place")

    def handle(
        self, *_args: object, directory: Path, sections: int, terms: int, seed: int, **_given: Any
    ) -> None:
        """Write it; exit 2 if the numbers make no sense or the folder cannot be used."""
        if sections < 1 or terms < 1:
            raise CommandError("--sections and --terms must be 1 or more.", returncode=2)
        try:
            codes = write_institution(directory, sections=sections, term_count=terms, seed=seed)
        except FolderInUse as error:
            raise CommandError(str(error), returncode=2) from error
        except OSError as error:
            raise CommandError(f"{directory} cannot be written: {error.strerror}.", returncode=2) from error
        self.stdout.write(f"{directory}: {sections} sections in each of {', '.join(codes)}.")
