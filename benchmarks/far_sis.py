"""`python -m benchmarks.far_sis`: a full pull over HTTP from a SIS that is far away and allows few requests.

The sandbox SIS serves a made-up institution, each answer after 200 ms; the Ethos adapter reads a term's
sections with their meetings and instructors. What bounds it should be the allowed rate and nothing of ours:
exit status 1 where less than nine tenths of that rate was used.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from integration.institution.writing import write_institution
from integration.sis.ethos.adapter import EthosAdapter
from integration.sis.ethos.address import Address
from integration.sis.ethos.pace import Pace
from integration.sis.port import MergeType

ROOT = Path(__file__).resolve().parent.parent
ENOUGH = 0.9


@dataclass(kw_only=True)
class CountedPace(Pace):
    """Remembers how many requests it let through."""

    taken: int = 0

    def take(self) -> None:
        """Count, and wait for one's turn."""
        self.taken += 1
        super().take()


def main() -> None:
    """Measure and print one line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.far_sis", description=__doc__)
    parser.add_argument("--sections", type=int, default=15_000)
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10, help="requests a second that the SIS allows")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        (term,) = write_institution(Path(folder) / "sis", sections=given.sections, term_count=1, seed=1)
        with serving(Path(folder) / "sis", given.latency_ms) as url:
            share = pull(url, term, rate=given.rate)
    if share < ENOUGH:
        sys.exit(f"Less than {ENOUGH:.0%} of the allowed rate was used.")


@contextmanager
def serving(folder: Path, latency_ms: int) -> Iterator[str]:
    """A sandbox SIS in a process of its own; its address."""
    command = [sys.executable, "manage.py", "sandbox_sis", str(folder), "--port", "0"]
    command += ["--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            yield said.partition(" at ")[2].partition(". ")[0]
        finally:
            process.kill()


def pull(url: str, term: str, *, rate: float) -> float:
    """Read all sections of the term and print what it cost; the share of the allowed rate that was used."""
    pace = CountedPace(per_second=rate)
    address = Address.parse(f"ethos+{url}?profile=colleague")
    adapter = EthosAdapter(address=address, api_key="benchmark", pace=pace, zone=ZoneInfo("UTC"))
    begun, cpu = time.perf_counter(), time.process_time()
    snapshot = adapter.read_all(MergeType.SECTIONS, term=term)
    count = sum(1 for _record in snapshot)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    adapter.close()
    share = pace.taken / seconds / rate
    print(
        f"{count:,} sections with their meetings and instructors: {pace.taken} requests in {seconds:.1f} s, "
        f"{pace.taken / seconds:.2f} a second of {rate:g} allowed ({share:.0%}); {cpu:.1f} s of our CPU"
    )
    return share


if __name__ == "__main__":
    main()
