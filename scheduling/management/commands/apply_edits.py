"""`manage.py apply_edits`: apply JSON Lines of edits through the write services (CONTRACT.md)."""

import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand
from django.utils import timezone

from scheduling.models import ChangeLog, Term, User
from scheduling.services.audit import Author
from scheduling.services.edits import apply_edits

REFUSED = 1
WRONG_USE = 2


class WrongUse(Exception):
    """The command cannot begin; the text says why."""


class Command(BaseCommand):
    """Exit status: 0 all lines applied, 1 some line refused (the others are applied), 2 wrong use."""

    help = "Apply edits, one JSON object a line, each on its own, as the user named."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("file", metavar="FILE|-", help="a file of JSON Lines, - for standard input")
        parser.add_argument("--term", required=True, metavar="CODE")
        parser.add_argument("--user", required=True, metavar="NAME")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *_args: object, **given: Any) -> None:
        """Apply, print, exit."""
        try:
            results = _apply(given["file"], term_code=given["term"], user_name=given["user"])
        except WrongUse as error:
            if given["json"]:
                document = {"results": [], "error": {"code": "WRONG_USE", "message": str(error)}}
                self.stdout.write(msgspec.json.encode(document).decode())
            self.stderr.write(self.style.ERROR(str(error)))
            sys.exit(WRONG_USE)
        if given["json"]:
            self.stdout.write(msgspec.json.encode({"results": results}).decode())
        else:
            self._report(results)
        if not all(result["ok"] for result in results):
            sys.exit(REFUSED)

    def _report(self, results: list[dict[str, Any]]) -> None:
        for result in results:
            if not result["ok"]:
                self.stdout.write(f"line {result['line']}: refused ({result['code']}): {result['message']}")
            for warning in result.get("warnings", ()):
                self.stdout.write(f"line {result['line']}: note: {warning['message']}")
        done = sum(result["ok"] for result in results)
        self.stdout.write(f"{done} applied, {len(results) - done} refused.")


def _apply(file: str, *, term_code: str, user_name: str) -> list[dict[str, Any]]:
    term = Term.objects.filter(pk=term_code).first()
    if term is None:
        raise WrongUse(f"There is no term {term_code!r} here; import it first or check its code.")
    user = User.objects.filter(username=user_name).first()
    if user is None:
        raise WrongUse(f"There is no user {user_name!r}; make one with make_user or check the name.")
    with _lines(file) as lines:
        return list(
            apply_edits(
                lines,
                term=term,
                author=lambda: Author(now=timezone.now(), source=ChangeLog.Source.COMMAND, user=user),
            )
        )


@contextmanager
def _lines(file: str) -> Iterator[Iterable[bytes]]:
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(file).open("rb")  # noqa: SIM115  # closed below; only opening it is wrong use
    except OSError as error:
        raise WrongUse(f"{file!r} cannot be read ({error.strerror}); name a file of JSON Lines.") from error
    with stream:
        yield stream
