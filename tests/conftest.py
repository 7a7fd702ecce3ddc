"""What every test may use, and which tests are collected.

Tests run against a real PostgreSQL (config/settings/test.py). Long replays and storms (marker `long`) run
with `TANDEM_LONG=1`, as in `make test-all`. Tests on the real terms (marker or fixture `realdata`) run where
the terms are; with `CI=true` their absence is a failure, elsewhere one line says how many were left out.
"""

import os
from pathlib import Path

import pytest
from _pytest.nodeid import coerce_node_id  # there is no public way to give an item its id
from django.db import DEFAULT_DB_ALIAS
from django.test.utils import setup_databases, teardown_databases

ROOT = Path(__file__).resolve().parent.parent
REALDATA = ROOT / (os.environ.get("TANDEM_REALDATA") or "../shared/data")
LEFT_OUT = pytest.StashKey[int]()


def pytest_configure(config):
    config.stash[LEFT_OUT] = 0
    if os.environ.get("CI") == "true" and not REALDATA.is_dir():
        raise pytest.UsageError(f"CI=true, and no real terms at {REALDATA} (set TANDEM_REALDATA).")


def pytest_collection_modifyitems(config, items):
    _give_each_its_own_id(items)
    kept, long, without_data = [], [], []
    for item in items:
        if item.get_closest_marker("long") and os.environ.get("TANDEM_LONG") != "1":
            long.append(item)
        elif _needs_realdata(item) and not REALDATA.is_dir():
            without_data.append(item)
        else:
            kept.append(item)
    # The longest files first (with --no-loadscope-reorder), so that all processes have work until the end.
    items[:] = sorted(kept, key=lambda item: not _needs_realdata(item))
    config.stash[LEFT_OUT] = len(without_data)
    if long or without_data:
        config.hook.pytest_deselected(items=long + without_data)


def _give_each_its_own_id(items):
    """Schemathesis gives the tests of all operations one id, and pytest-xdist would run one of them."""
    for item in items:
        if not item.nodeid.endswith(item.name):
            item._id = coerce_node_id(f"{item.nodeid.rpartition('::')[0]}::{item.name}")
    if len({item.nodeid for item in items}) != len(items):
        raise pytest.UsageError("Two tests have one id, so that pytest-xdist would run only one of them.")


def _needs_realdata(item):
    return item.get_closest_marker("realdata") is not None or "realdata" in getattr(item, "fixturenames", ())


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # a worker of pytest-xdist: it tells the process that prints
        session.config.workeroutput["left_out"] = session.config.stash[LEFT_OUT]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    left_out = getattr(node, "workeroutput", {}).get("left_out", 0)
    node.config.stash[LEFT_OUT] = max(node.config.stash[LEFT_OUT], left_out)


def pytest_terminal_summary(terminalreporter, config):
    count = config.stash[LEFT_OUT]
    if count:
        terminalreporter.write_line(
            f"{count} tests on the real terms were not collected: no folder {REALDATA} (TANDEM_REALDATA)."
        )


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment,
    django_db_modify_db_settings,
    django_db_blocker,
    django_db_keepdb,
    django_db_createdb,
):
    """The test database, whoever asks for it.

    pytest-django's own makes none unless a collected test asks for `db`: a fixture that commits would then
    work on the database that somebody uses.
    """
    keeps = django_db_keepdb and not django_db_createdb
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases=[DEFAULT_DB_ALIAS], keepdb=keeps)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def realdata():
    """The folder of the real terms: `20241` and `20243`, each with `first/`, `last/` and `changes.jsonl`.

    It is shared and read-only in places: a test that lets a SIS keep its state there copies the folder first.
    """
    return REALDATA / "stolaf"
