"""`python -m benchmarks`: what merges of 1,000, 10,000 and 100,000 sections and pages cost (`make bench`)."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.database import own_database, server_words
from benchmarks.report import (
    Figures,
    page_differences,
    page_table,
    query_table,
    step_table,
    target_table,
    work_table,
)

ROOT = Path(__file__).resolve().parent.parent
QUICK, ALL = (1_000, 10_000), (1_000, 10_000, 100_000)
QUICK_PAGES, ALL_PAGES = {1_000: 1_000, 5_000: 10_000}, {15_000: 15_000, 100_000: 1_000_000}
"""Sections of the term whose pages are measured -> rows added to a plan."""
TERM = "202710"
MERGES = {
    "reference data": "reference data and courses, first load",
    "first load": "sections, first load",
    "relationships": "relationships, first load",
    "unchanged": "sections, nothing changed",
    "changed": "sections, 1 % changed on each side, sent",
}
OTHERS = {"diffsync": "diffsync: load, diff, sync in memory"}
FLOORS = {
    name: name
    for name in (
        "COPY of the same rows",
        "reading the SIS, no record opened",
        "the map of ids and hashes",
        "ids and hashes compared in the database",
    )
}


def main() -> None:
    """Measure each size in a database of its own, then print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="1,000 and 10,000 sections only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to FILE")
    given = parser.parse_args()
    merges, pages = (QUICK, QUICK_PAGES) if given.quick else (ALL, ALL_PAGES)
    results: dict[int, dict[str, Figures]] = {}
    shown: dict[int, Figures] = {}
    for size in sorted({*merges, *pages}):
        with own_database() as database, tempfile.TemporaryDirectory() as folder:
            environment = prepared(size, database=database, folder=Path(folder) / "sis")
            if size in merges:
                results[size] = measure(size, environment)
            if size in pages:
                shown[size] = measure_pages(size, environment, rows=pages[size], is_loaded=size in merges)
    print(f"\n{server_words()}, {os.cpu_count()} processors;")
    print("seconds by the clock (CPU: our process + the database's), growth of resident memory at its peak\n")
    print(work_table(results, MERGES | OTHERS), end="\n\n")
    print(work_table(results, FLOORS), end="\n\n")
    print(query_table(results, MERGES), end="\n\n")
    largest = results[max(results)]
    print(step_table(largest), end="\n\n")
    if given.quick:
        print("The targets are set for 100,000 sections: run it without --quick to see them.")
    else:
        print(target_table(largest))
    print(f"\n{page_table(shown)}")
    if given.json:
        given.json.write_text(json.dumps({"merges": results, "pages": shown}, indent=1))
    if differences := page_differences(shown):
        sys.exit("\n".join(differences))


def prepared(size: int, *, database: str, folder: Path) -> dict[str, str]:
    """The environment of a new site with an institution of so many sections."""
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "SIS_URL": f"memory://{folder}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    started = time.perf_counter()
    _manage(environment, "make_institution", str(folder), "--sections", str(size))
    _tell(size, "institution written", time.perf_counter() - started)
    _manage(environment, "migrate", "--verbosity", "0")
    return environment


def measure(size: int, environment: dict[str, str]) -> dict[str, Figures]:
    """All merges of one term, in the order in which they build on one another."""
    done: dict[str, Figures] = {}
    for name in ("reference data", "first load", "relationships", *FLOORS, "unchanged"):
        done[name] = _piece(environment, name, size)
    edited = _piece(environment, "edits", size)["facts"]
    for name in ("diffsync", "changed"):
        done[name] = _piece(environment, name, size)
    _check(done, edited, size)
    return done


def measure_pages(size: int, environment: dict[str, str], *, rows: int, is_loaded: bool) -> Figures:
    """The pages of one term, which is loaded first if it is not."""
    for name in () if is_loaded else ("reference data", "first load", "relationships"):
        _piece(environment, name, size)
    _piece(environment, "a busy day", size)
    figures: Figures = _piece(environment, "pages", size, str(rows))["facts"]
    return figures


def _check(done: dict[str, Figures], edited: dict[str, int], size: int) -> None:
    """Refuse to report figures of work that did something else than it was measured for."""
    counts = {
        name: done[name]["facts"]["counts"]["sections"] for name in ("first load", "unchanged", "changed")
    }
    here, there = edited["here"], edited["there"]
    expected = {
        "first load": {"read": size, "local_create": size},
        "unchanged": {"read": size, "unchanged": size},
        "changed": {
            "read": size,
            "unchanged": size - here - there,
            "local_update": there,
            "sis_update": here,
        },
    }
    if counts != expected:
        sys.exit(f"The merges did something else than they are measured for: {counts}, not {expected}")
    if done["diffsync"]["facts"]["differ"] != here + there:
        sys.exit(f"diffsync found {done['diffsync']['facts']}, not {here + there} sections that differ")


def _manage(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _piece(environment: dict[str, str], name: str, size: int, *numbers: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.piece", name, TERM, *numbers]
    answer = subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=subprocess.PIPE)
    if answer.returncode:
        sys.exit(f"{name!r} with {size:,} sections failed, see above.")
    figures: dict[str, Any] = json.loads(answer.stdout)
    _tell(size, name, figures["wall_seconds"])
    return figures


def _tell(size: int, what: str, seconds: float) -> None:
    print(f"{size:>7,}  {what:<42} {seconds:8.2f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
