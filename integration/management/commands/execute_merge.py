"""`manage.py execute_merge`: run merges now, inline, with no worker and no broker (CONTRACT.md)."""

import os
import sys
import traceback
from argparse import ArgumentParser
from typing import Any, Self

import msgspec
from django.core.management.base import BaseCommand
from django.db import OperationalError
from django.utils import timezone
from tqdm import tqdm

from integration.execution import Outcome, approve, execute
from integration.offers import ready_adapter
from integration.reports import as_json, as_lines
from integration.runs import Options
from integration.sis.port import TERM_TYPES, BadSisUrl, MergeType, SisAdapter

ALL = "all"
WRONG = 2
WIDTH, HEIGHT = 80, 24


class Command(BaseCommand):
    """Parses, calls one execution, prints its report and exits with its status."""

    help = "Merge with the SIS: import, and with --send-updates also send."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The options of CONTRACT.md."""
        parser.add_argument("type", choices=[*(one.value for one in MergeType), ALL])
        parser.add_argument("--term", action="append", default=[], metavar="CODE", dest="terms")
        parser.add_argument("--send-updates", action="store_true", help="also write to the SIS")
        parser.add_argument("--dry-run", action="store_true", help="plan and print, change nothing")
        parser.add_argument(
            "--accept-empty", action="store_true", help="accept, once, that the SIS has nothing"
        )
        parser.add_argument("--approve", type=int, metavar="PLAN_ID", help="apply a plan that was held")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument("--no-progress", action="store_true", help="no progress bar")

    def handle(self, *_args: object, **given: Any) -> None:
        """Run, print, exit."""
        with Report(self, is_json=given["json"]) as report:
            self._execute(given, report.outcome)

    def _execute(self, given: dict[str, Any], outcome: Outcome) -> None:
        problem = wrong_use(given)
        if problem:
            outcome.refuse("WRONG_USE", problem, exit_code=WRONG)
            return
        try:
            adapter = ready_adapter(now=timezone.now())
        except BadSisUrl as error:
            outcome.refuse("CONFIGURATION", str(error), exit_code=WRONG)
            return
        bar = ProgressBar(is_shown=not given["no_progress"] and sys.stderr.isatty())
        try:
            self._merge(given, adapter, bar, outcome)
        finally:
            bar.close()
            adapter.close()

    def _merge(
        self, given: dict[str, Any], adapter: SisAdapter, bar: "ProgressBar", outcome: Outcome
    ) -> None:
        types = list(MergeType) if given["type"] == ALL else [MergeType(given["type"])]
        terms = list(dict.fromkeys(given["terms"]))
        if terms and not set(types) & set(TERM_TYPES):
            outcome.notes.append(
                f"--term was not used: {given['type']} belong to no term and are merged whole."
            )
            terms = []
        options = Options(
            sends=given["send_updates"], is_dry_run=given["dry_run"], accept_empty=given["accept_empty"]
        )
        if given["approve"] is None:
            execute(types, terms=terms, adapter=adapter, options=options, progress=bar.show, outcome=outcome)
        else:
            approve(
                given["approve"],
                merge_type=types[0],
                terms=terms,
                adapter=adapter,
                options=options,
                progress=bar.show,
                outcome=outcome,
            )


class Report:
    """Prints what was done and exits with its status, however the execution ends.

    A surprise is a traceback, and its status is not that of a run that is done with issues.
    """

    def __init__(self, command: BaseCommand, *, is_json: bool) -> None:
        self.command, self.is_json, self.outcome = command, is_json, Outcome()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OperationalError):
            message = " ".join(f"The database cannot be used: {error}".split())
            self.outcome.refuse("CONFIGURATION", f"{message}. Look at DATABASE_URL.", exit_code=WRONG)
        elif isinstance(error, Exception):
            self.command.stderr.write("".join(traceback.format_exception(error)))
            message = "Tandem itself failed; the traceback says where."
            self.outcome.refuse("CRASHED", message, exit_code=WRONG)
        self._print()
        if self.outcome.exit_code:
            sys.exit(self.outcome.exit_code)

    def _print(self) -> None:
        write = self.command.stdout.write
        if self.is_json:
            write(msgspec.json.encode(as_json(self.outcome)).decode())
            return
        for note in self.outcome.notes:
            write(note)
        for run in self.outcome.runs:
            for line in as_lines(run, term=self.outcome.asked_terms.get(run.pk, "")):
                write(line)
        if self.outcome.error:
            self.command.stderr.write(self.command.style.ERROR(self.outcome.error["message"]))


def wrong_use(given: dict[str, Any]) -> str:
    """What is wrong with the options together (blank: nothing)."""
    is_all, is_bound = given["type"] == ALL, given["type"] in {one.value for one in TERM_TYPES}
    if (is_all or is_bound) and not given["terms"]:
        return f"{given['type']} needs a term: add --term CODE."
    if is_all and given["accept_empty"]:
        return "--accept-empty is for one type at a time; name the type instead of all."
    if given["approve"] is None:
        return ""
    if is_all:
        return "--approve is for one type at a time; name the type of the plan instead of all."
    if given["dry_run"]:
        return "--approve applies a plan; it cannot be a dry run."
    if given["accept_empty"]:
        return "--approve applies a plan that was made; --accept-empty is for making one."
    return ""


class ProgressBar:
    """One bar for the step at hand."""

    def __init__(self, *, is_shown: bool) -> None:
        self.is_shown = is_shown
        self.bar: tqdm | None = None
        self.step = ""

    def show(self, step: str, done: int) -> None:
        """Move on to `done` records of `step`."""
        if not self.is_shown:
            return
        if self.bar is None or step != self.step or done < self.bar.n:
            self.close()
            width, height = os.get_terminal_size(sys.stderr.fileno())
            size = {"ncols": width or WIDTH, "nrows": height or HEIGHT}  # some terminals do not say
            self.bar, self.step = tqdm(desc=step, unit=" records", leave=False, **size), step
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
