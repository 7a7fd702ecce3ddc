"""`manage.py enable_term`: turn a term on (CONTRACT.md, Other commands)."""

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.sis.port import TERM_TYPES, MergeType, SisError, SisUnavailable
from integration.sis.registry import BadSisUrl, configured_adapter
from integration.terms import CannotEnable, TermNotOffered, check_switches, enable_term, ensure_term
from scheduling.models import Term

WRONG_USE = 2
UNREACHABLE = 4


def term_types(text: str) -> list[MergeType]:
    """The types of ``--types``, in their usual order. Raises `CannotEnable`."""
    names = {name.strip() for name in text.split(",")}
    if unknown := sorted(names - set(TERM_TYPES)):
        raise CannotEnable(f"{unknown[0]!r} is no type of a term; there are {', '.join(TERM_TYPES)}.")
    return [one for one in TERM_TYPES if one in names]


def day(text: str | None) -> dt.date | None:
    """The date of ``--until``. Raises `CannotEnable`."""
    try:
        return None if text is None else dt.date.fromisoformat(text)
    except ValueError:
        raise CannotEnable(f"{text!r} is no date; write it as YYYY-MM-DD.") from None


class Command(BaseCommand):
    """Exit status: 0 it is on, 2 wrong use or not offered by the SIS, 4 the SIS cannot be reached."""

    help = "Turn a term on: importing always; sending, nightly and real time as asked."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("term", metavar="CODE")
        parser.add_argument("--types", default=",".join(TERM_TYPES), metavar="TYPE,…")
        parser.add_argument("--send", action="store_true", help="changes made here may be sent")
        parser.add_argument("--nightly", action="store_true", help="the night's run takes it along")
        parser.add_argument("--real-time", action="store_true", help="each save is sent at once")
        parser.add_argument("--until", metavar="DATE", help="last day (default: the term's end)")

    def handle(self, *_args: object, **given: Any) -> None:
        """Check what was asked, bring the term in if it is unknown here, turn it on."""
        now = timezone.now()
        try:
            types, until = term_types(given["types"]), day(given["until"])
            asked = {"is_sending": given["send"], "is_real_time": given["real_time"], "until": until}
            check_switches(types, today=timezone.localdate(now), **asked)
            term = self._term(given["term"], now)
            said = enable_term(term, types=types, is_nightly=given["nightly"], actor=None, now=now, **asked)
        except (CannotEnable, TermNotOffered, BadSisUrl) as error:
            raise CommandError(str(error), returncode=WRONG_USE) from error
        except SisError as error:
            status = UNREACHABLE if isinstance(error, SisUnavailable) else WRONG_USE
            raise CommandError(error.message, returncode=status) from error
        for sentence in said:
            self.stderr.write(self.style.WARNING(sentence))
        self.stdout.write(f"{term} is on for {', '.join(types)}.")

    def _term(self, code: str, now: dt.datetime) -> Term:
        known = Term.objects.filter(pk=code).first()
        if known is not None:
            return known
        adapter = configured_adapter()
        try:
            return ensure_term(code, adapter=adapter, now=now)
        finally:
            adapter.close()
