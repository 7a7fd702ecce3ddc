"""`manage.py deliver_outbound`: work the outbound queue without Celery."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.feed import follow
from integration.offers import refresh
from integration.settings import ConfigurationError
from integration.sis.port import SisAdapter, SisUnavailable
from integration.sis.registry import BadSisUrl, configured_adapter
from integration.sweep import Swept, sweep

PAUSE_SECONDS = 5.0
WRONG = 2
UNREACHABLE = 4


class Command(BaseCommand):
    """Sweeps once, or again and again until it is told to stop.

    Exit status of ``--once``: 0 all went, 1 something was held or rejected, 2 wrong configuration, 4 the SIS
    is away.
    """

    help = "Send what waits to be sent. With --once one sweep, else until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("--once", action="store_true", help="one sweep, then exit")

    def handle(self, *_args: object, once: bool, **_given: Any) -> None:
        """Sweep, tell, exit."""
        try:
            adapter = configured_adapter()
        except BadSisUrl as error:
            raise CommandError(str(error), returncode=WRONG) from error
        try:
            status = self._sweep(adapter)
            while not once:
                time.sleep(PAUSE_SECONDS)
                self._sweep(adapter)
        except ConfigurationError as error:
            raise CommandError(str(error), returncode=WRONG) from error
        except KeyboardInterrupt:
            return
        finally:
            adapter.close()
        if status:
            sys.exit(status)

    def _sweep(self, adapter: SisAdapter) -> int:
        refresh(adapter, now=timezone.now())
        try:
            follow(adapter)  # what changed in the SIS is read with what is sent
        except SisUnavailable as error:
            self.stderr.write(self.style.ERROR(error.message))
            return UNREACHABLE
        swept = sweep(adapter)
        self._report(swept)
        if swept.unavailable is not None:
            return UNREACHABLE
        return int(bool(swept.tally.get("held") or swept.tally.get("rejected")))

    def _report(self, swept: Swept) -> None:
        for sentence in swept.waiting:
            self.stdout.write(sentence)
        counts = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in sorted(swept.tally.items()) if n)
        self.stdout.write(counts or "Nothing to send.")
        if swept.unavailable is not None:
            self.stderr.write(self.style.ERROR(swept.unavailable.message))
