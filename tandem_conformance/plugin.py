"""The options of ``pytest --pyargs tandem_conformance``, the SIS under test, and what was not asked.

From another folder than that of Tandem, or beside a suite of your own: ``-p tandem_conformance.plugin``.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

HANDS = {
    "memory": "tandem_conformance.memory_sis:open_sis",
    "csv": "tandem_conformance.csv_sis:open_sis",
    "ethos+http": "tandem_conformance.ethos_sis:open_sis",
}
"""Scheme -> what leads a test SIS of this kind, for those that come with Tandem."""
NO_HANDS = "none"
SUITE = Path(__file__).parent
AT_REST = "TestAtRest"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the suite."""
    group = parser.getgroup("tandem_conformance", "Tandem: the contract of SIS adapters")
    group.addoption("--sis-url", help="the SIS under test, as SIS_URL; credentials come from SIS_API_KEY")
    group.addoption(
        "--sis-hands",
        metavar="MODULE:FUNCTION",
        help="what leads the test SIS: FUNCTION(url, folder) gives a SisUnderTest for one test. Without it "
        "the SIS is only read. 'none': read that at the address, whatever hands Tandem has for its kind",
    )
    group.addoption(
        "--sis-term", help="the term that is read of a SIS without hands (default: the first with sections)"
    )


def hands_of(config: pytest.Config) -> str:
    """What leads the SIS, or blank."""
    url = config.getoption("--sis-url") or ""
    given = config.getoption("--sis-hands") or HANDS.get(urlsplit(url).scheme, "")
    return "" if given == NO_HANDS else given


@pytest.fixture
def sis(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    """The SIS that the options name, fresh for each test where it has hands."""
    url, hands = request.config.getoption("--sis-url"), hands_of(request.config)
    module, _, function = (hands or "tandem_conformance.live_sis:LiveSis").partition(":")
    # Not before: a plugin is loaded before Django is set up.
    open_sis: Callable[..., object] = getattr(importlib.import_module(module), function)
    made = open_sis(url, tmp_path if hands else request.config.getoption("--sis-term") or "")
    yield made
    if hasattr(made, "close"):
        made.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Ask only what can be asked of this SIS, over the network if it is there."""
    ours = [item for item in items if item.path == SUITE / "test_contract.py"]
    if ours and not config.getoption("--sis-url"):
        raise pytest.UsageError("Name the SIS under test: --sis-url, written as SIS_URL.")
    has_hands = bool(hands_of(config))
    left = [item for item in ours if has_hands == (item.parent is not None and item.parent.name == AT_REST)]
    items[:] = [item for item in items if item not in left]
    config.hook.pytest_deselected(items=left)
    config.stash[LEFT] = 0 if has_hands else len(left)
    if config.pluginmanager.hasplugin("pytest_socket") or config.pluginmanager.hasplugin("socket"):
        for item in ours:
            item.add_marker("enable_socket")


LEFT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell what was not asked, and why."""
    reasons: dict[str, int] = {}
    told = terminalreporter.hasopt("skipped")  # with -rs pytest lists them itself
    for report in () if told else terminalreporter.getreports("skipped"):
        reason = str(report.longrepr[2]).removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    if hands_of(config):
        terminalreporter.write_line(f"Asked: a fresh SIS for each test, led by {hands_of(config)}.")
    elif config.stash.get(LEFT, 0):
        terminalreporter.write_line("Asked: the SIS at the address, as it is.")
        reasons["not asked: this SIS has no hands (--sis-hands), so it was only read"] = config.stash[LEFT]
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"{count:4} {reason}")
