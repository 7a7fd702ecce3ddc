"""`python -m benchmarks.over_http`: a full pull over HTTP from a slow SIS, against the rate that it allows.

15,000 sections with their meetings and instructors, from a sandbox SIS in a process of its own that answers
each request after 200 ms. What the pull takes is decided by the allowed rate, not by the adapter: the part of
the rate that it used is printed, and less than 90 % is a failure.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import django

django.setup()

from integration.sis.ethos.adapter import EthosAdapter  # noqa: E402  # settings come first
from integration.sis.ethos.address import Address  # noqa: E402  # the same
from integration.sis.ethos.pace import Pace  # noqa: E402  # the same
from integration.sis.port import MergeType  # noqa: E402  # the same

ROOT = Path(__file__).resolve().parent.parent
TERM = "202710"
KEY = "0f9b7f0e-6c3a-4a6e-9d57-2f1f6a9f1b11"
WANTED = 0.9
LONGEST_START_SECONDS = 120


class Counted(Pace):
    """A pace that counts the requests that took their turn."""

    requests = 0

    def take(self) -> None:
        """Wait and count."""
        super().take()
        self.requests += 1


def main() -> None:
    """Serve, pull, print; the exit status is 1 where the rate was not used."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.over_http", description=__doc__)
    parser.add_argument("--sections", type=int, default=15_000)
    parser.add_argument("--rate", type=int, default=10, help="requests a second that the SIS allows")
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--port", type=int, default=8199)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run("make_institution", folder, "--sections", str(given.sections))
        served = [sys.executable, "manage.py", "sandbox_sis", folder, "--port", str(given.port)]
        server = subprocess.Popen(
            [*served, "--profile", "banner", "--latency-ms", str(given.latency_ms)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        try:
            share = pull(f"ethos+http://127.0.0.1:{given.port}?profile=banner", given.rate)
        finally:
            server.terminate()
            server.wait()
    sys.exit(share < WANTED)


def run(*words: str) -> None:
    """A command of ours."""
    subprocess.run([sys.executable, "manage.py", *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def pull(url: str, rate: int) -> float:
    """Read all sections of the term; the part of the allowed rate that was used."""
    pace = Counted(per_second=rate)
    adapter = EthosAdapter(address=Address.parse(url), api_key=KEY, pace=pace, zone=ZoneInfo("UTC"))
    wait_for(adapter)
    pace.requests, began = 0, time.monotonic()
    snapshot = adapter.read_all(MergeType.SECTIONS, term=TERM)
    records = sum(1 for _record in snapshot)
    seconds = time.monotonic() - began
    share = pace.requests / seconds / rate
    whole = "whole" if snapshot.evidence().is_complete else snapshot.evidence().reason
    print(f"{records:,} sections with all that belongs to them ({whole}): {pace.requests} requests")
    print(f"in {seconds:.1f} s, {pace.requests / seconds:.2f} a second: {share:.0%} of the {rate} allowed")
    adapter.close()
    return share


def wait_for(adapter: EthosAdapter) -> None:
    """Until the server answers."""
    until = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < until:
        try:
            adapter.check()
        except Exception:  # noqa: BLE001  # whatever it is, it is not up yet
            time.sleep(1)
        else:
            return
    sys.exit("The sandbox SIS did not start.")


if __name__ == "__main__":
    main()
