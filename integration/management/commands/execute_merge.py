"""`manage.py execute_merge`: run merges now, inline, with no worker and no broker (CONTRACT.md)."""

import sys
from argparse import ArgumentParser
from typing import Any

import msgspec
from django.core.management.base import BaseCommand
from tqdm import tqdm

from integration.execution import Outcome, approve, as_json, execute
from integration.models import MergeRun
from integration.runs import Options
from integration.sis.port import TERM_TYPES, MergeType
from integration.sis.registry import BadSisUrl, configured_adapter

ALL = "all"


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
        outcome = self._outcome(given)
        if given["json"]:
            self.stdout.write(msgspec.json.encode(as_json(outcome)).decode())
        else:
            self._report(outcome)
        if outcome.exit_code:
            sys.exit(outcome.exit_code)

    def _outcome(self, given: dict[str, Any]) -> Outcome:
        problem = self._wrong_use(given)
        if problem:
            return Outcome().refuse("WRONG_USE", problem, exit_code=2)
        try:
            adapter = configured_adapter()
        except BadSisUrl as error:
            return Outcome().refuse("CONFIGURATION", str(error), exit_code=2)
        types = list(MergeType) if given["type"] == ALL else [MergeType(given["type"])]
        terms = list(dict.fromkeys(given["terms"])) if set(types) & set(TERM_TYPES) else []
        options = Options(
            sends=given["send_updates"], is_dry_run=given["dry_run"], accept_empty=given["accept_empty"]
        )
        bar = ProgressBar(is_shown=not given["no_progress"] and sys.stderr.isatty())
        try:
            if given["approve"] is not None:
                return approve(
                    given["approve"],
                    merge_type=types[0],
                    terms=terms,
                    adapter=adapter,
                    options=options,
                    progress=bar.show,
                )
            return execute(types, terms=terms, adapter=adapter, options=options, progress=bar.show)
        finally:
            bar.close()
            adapter.close()

    def _wrong_use(self, given: dict[str, Any]) -> str:
        is_all, is_bound = given["type"] == ALL, given["type"] in {one.value for one in TERM_TYPES}
        if (is_all or is_bound) and not given["terms"]:
            return f"{given['type']} needs a term: add --term CODE."
        if is_all and given["accept_empty"]:
            return "--accept-empty is for one type at a time; name the type instead of all."
        if is_all and given["approve"] is not None:
            return "--approve is for one type at a time; name the type of the plan instead of all."
        if given["approve"] is not None and given["dry_run"]:
            return "--approve applies a plan; it cannot be a dry run."
        return ""

    def _report(self, outcome: Outcome) -> None:
        if outcome.error:
            self.stderr.write(self.style.ERROR(outcome.error["message"]))
        for run in outcome.runs:
            self._report_run(run)

    def _report_run(self, run: MergeRun) -> None:
        words = MergeRun.Status(run.status).label
        title = f"{run.merge_type} {run.term_id or ''}".strip()
        dry = " (dry run: nothing was changed)" if run.is_dry_run else ""
        self.stdout.write(f"{title}: {words}{dry}")
        counts = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in run.counts.items() if n)
        if counts:
            self.stdout.write(f"  {counts}")
        if run.error:
            place = ":".join(str(run.error[key]) for key in ("file", "line", "column") if run.error[key])
            self.stdout.write(f"  {place + ' — ' if place else ''}{run.error['message']}")
        for issue in run.issues.all()[:50]:
            place = f"{issue.file}:{issue.line} " if issue.file else ""
            self.stdout.write(f"  {place}{issue.record} {issue.message}")
        left = run.issues.count() - 50
        if left > 0:
            self.stdout.write(f"  … and {left} more; --json lists them all.")


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
        if self.bar is None or step != self.step:
            self.close()
            self.bar, self.step = tqdm(desc=step, unit=" records", leave=False), step
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None
