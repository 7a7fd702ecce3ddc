"""`manage.py check_sis`: connect to the SIS, print what it can do and what is wrong (CONTRACT.md)."""

import dataclasses
import sys
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand
from django.utils import timezone

from integration.offers import ask, known_adapter
from integration.sis.port import BadSisUrl, CheckResult, SisAdapter, SisError, SisUnavailable

BAD_CONFIGURATION = 2
UNREACHABLE = 4


class Command(BaseCommand):
    """Exit status: 0 it can be used, 2 something has to be put right, 4 not reachable or access refused."""

    help = "Connect to the SIS of SIS_URL, print what it declares, say what is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")

    def handle(self, *_args: object, **given: Any) -> None:
        """Check, print, exit."""
        document, exit_code = examine()
        if given["json"]:
            self.stdout.write(msgspec.json.encode(document).decode())
        else:
            self._report(document)
        if exit_code:
            sys.exit(exit_code)

    def _report(self, document: dict[str, Any]) -> None:
        for name, value in document["facts"]:
            self.stdout.write(f"{name}: {value}")
        for name, value in document["capabilities"].items():
            self.stdout.write(f"  {name.replace('_', ' ')}: {in_words(value)}")
        for problem in document["problems"]:
            self.stderr.write(self.style.ERROR(problem))
        if not document["problems"]:
            self.stdout.write(self.style.SUCCESS("Nothing is wrong."))


def examine() -> tuple[dict[str, Any], int]:
    """The document and the exit status."""
    document: dict[str, Any] = {"adapter": None, "capabilities": {}, "facts": (), "problems": ()}
    try:
        adapter = known_adapter()
    except BadSisUrl as error:
        return document | {"problems": (str(error),)}, BAD_CONFIGURATION
    try:
        document |= {"adapter": adapter.capabilities.name, "capabilities": declared(adapter)}
        ask(adapter, now=timezone.now())
        document["capabilities"] = declared(adapter)
        result: CheckResult = adapter.check()
    except SisUnavailable as error:
        return document | {"problems": (error.message,)}, UNREACHABLE
    except SisError as error:
        return document | {"problems": (error.message,)}, BAD_CONFIGURATION
    finally:
        adapter.close()
    document |= {"facts": result.facts, "problems": result.problems}
    return document, BAD_CONFIGURATION if result.problems else 0


def declared(adapter: SisAdapter) -> dict[str, Any]:
    """The capabilities as JSON has them, sets in order, rules in words."""
    values = dataclasses.asdict(adapter.capabilities)
    values["section_rules"] = adapter.capabilities.section_rules.in_words()
    values["writes"] = {kind: sorted(operations) for kind, operations in values["writes"].items()}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in values.items()
        if name != "name"
    }


def in_words(value: object) -> str:
    """A declared value for people."""
    match value:
        case None:
            return "not limited"
        case bool():
            return "yes" if value else "no"
        case dict():
            return (
                "; ".join(f"{kind} {', '.join(names).lower()}" for kind, names in value.items()) or "nothing"
            )
        case list() | tuple():
            texts = list(map(str, value))
            return ("; " if any("," in one for one in texts) else ", ").join(texts) or "none"
    return str(value)
