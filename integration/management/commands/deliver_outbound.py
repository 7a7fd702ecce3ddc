"""`manage.py deliver_outbound`: work the outbound queue without Celery."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integration.sis.registry import BadSisUrl, configured_adapter
from integration.sweep import Swept, sweep

PAUSE_SECONDS = 5.0


class Command(BaseCommand):
    """Sweeps once, or again and again until it is told to stop."""

    help = "Send what waits to be sent. With --once one sweep, else until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("--once", action="store_true", help="one sweep, then exit")

    def handle(self, *_args: object, once: bool, **_given: Any) -> None:
        """Sweep; exit 4 if the SIS is away, 1 if something was held or rejected."""
        try:
            adapter = configured_adapter()
        except BadSisUrl as error:
            raise CommandError(str(error), returncode=2) from error
        while True:
            swept = sweep(adapter)
            self._report(swept)
            if once:
                break
            try:
                time.sleep(PAUSE_SECONDS)
            except KeyboardInterrupt:
                return
        if swept.unavailable is not None:
            sys.exit(4)
        if swept.tally.get("held") or swept.tally.get("rejected"):
            sys.exit(1)

    def _report(self, swept: Swept) -> None:
        for sentence in swept.waiting:
            self.stdout.write(sentence)
        counts = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in sorted(swept.tally.items()) if n)
        self.stdout.write(counts or "Nothing to send.")
        if swept.unavailable is not None:
            self.stderr.write(self.style.ERROR(swept.unavailable.message))
