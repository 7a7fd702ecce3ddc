"""The locked dependencies: hashed, of one version each, the production ones a part of all."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = ("requirements.lock", "requirements-production.lock")


def pins(lock):
    """Each package of a lock with its version, and its hashes."""
    entries = re.findall(
        r"^([\w.-]+)==(\S+)[^\n]*\\\n((?:\s+--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
        (ROOT / lock).read_text(),
        re.MULTILINE,
    )
    return {name: (version, frozenset(hashes.split())) for name, version, hashes in entries}


def wanted(requirements):
    return {re.match(r"[\w-]+", requirement)[0].lower() for requirement in requirements}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_hashes(lock):
    named = re.findall(r"^([\w.-]+)==", (ROOT / lock).read_text(), re.MULTILINE)

    assert len(named) > 40
    assert set(named) == set(pins(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_host(lock):
    assert "://" not in (ROOT / lock).read_text()


def test_production_runs_on_the_versions_that_the_tests_ran_on():
    every, production = pins(LOCKS[0]), pins(LOCKS[1])

    assert {name: every.get(name) for name in production} == production


def test_the_locks_hold_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    assert wanted(project["dependencies"]) - set(pins(LOCKS[1])) == set()
    assert wanted(extras["demo"] + extras["dev"]) - set(pins(LOCKS[0])) == set()
    assert set(pins(LOCKS[1])) & wanted(extras["demo"]) == set(), (
        "the embedded database is not for production"
    )
