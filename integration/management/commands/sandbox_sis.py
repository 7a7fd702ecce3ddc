"""`manage.py sandbox_sis`: serve an exchange folder over HTTP (docs/reference/sandbox-sis.md)."""

from argparse import ArgumentParser, ArgumentTypeError
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integration.sandbox.archive import BadState
from integration.sandbox.resources import PROFILES, RESOURCES
from integration.sandbox.revisions import BadChanges
from integration.sandbox.server import SandboxServer
from integration.sandbox.sis import SandboxSis
from integration.sis.port import SisUnavailable, SisUnreadable

UNUSABLE = 2
LAST_PORT = 65_535


class Command(BaseCommand):
    """Loads the folder, serves until it is interrupted."""

    help = "Serve an exchange folder as an Ethos-shaped SIS over HTTP, to try, break and inspect."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("directory", type=Path, metavar="DIR", help="the exchange folder to serve")
        parser.add_argument("--port", type=int, default=8100, help="default: 8100; 0: any that is free")
        parser.add_argument("--profile", choices=PROFILES, default=PROFILES[0])
        parser.add_argument("--changes", type=Path, metavar="FILE", help="changes file for /sandbox/advance")
        parser.add_argument("--latency-ms", type=int, default=0, metavar="N", help="wait before each answer")
        key = "the only key that gets a token; default: SIS_API_KEY, and without it any key does"
        parser.add_argument("--api-key", default=settings.SIS_API_KEY, metavar="KEY", help=key)
        deny = "a method of a resource that no key may use, such as sections:put; may be repeated"
        parser.add_argument(
            "--deny", action="append", default=[], type=_denial, metavar="RESOURCE:METHOD", help=deny
        )
        parser.add_argument("--state", type=Path, metavar="DIR", help="keep the state there over a restart")

    def handle(self, *_args: object, directory: Path, **given: Any) -> None:
        """Serve; exit 2 if the folder, the changes, the state or the port cannot be used."""
        if problem := _problem(directory, **given):
            raise CommandError(problem, returncode=UNUSABLE)
        try:
            sis = SandboxSis(
                folder=directory,
                profile=given["profile"],
                zone=settings.TIME_ZONE,
                changes=given["changes"],
                api_key=given["api_key"],
                state=given["state"],
                denied=_by_resource(given["deny"]),
            )
            server = SandboxServer(sis, port=given["port"], latency_seconds=given["latency_ms"] / 1000)
        except (SisUnavailable, SisUnreadable, BadChanges, BadState) as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        except OSError as error:
            message = f"Port {given['port']} cannot be used: {error.strerror}."
            raise CommandError(message, returncode=UNUSABLE) from error
        counts = len(sis.books.tables["sections"])
        self.stdout.write(f"{counts} sections as {sis.profile} at {server.url}. Ctrl-C stops it.")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")
        finally:
            server.server_close()
            sis.close()


def _problem(directory: Path, *, port: int, latency_ms: int, **_given: Any) -> str:
    if not directory.is_dir():
        return f"The exchange folder {directory} is not there; check its name."
    if not 0 <= port <= LAST_PORT:
        return f"--port is {port}; it must be 0 to {LAST_PORT}."
    return f"--latency-ms is {latency_ms}; it must be 0 or more." if latency_ms < 0 else ""


def _denial(text: str) -> tuple[str, str]:
    """(resource, method)."""
    name, _colon, method = text.partition(":")
    if name not in RESOURCES or method not in RESOURCES[name].methods:
        raise ArgumentTypeError(f"{text} names no method of a resource, as sections:put does")
    return name, method


def _by_resource(denials: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    denied: dict[str, set[str]] = defaultdict(set)
    for name, method in denials:
        denied[name].add(method)
    return denied
