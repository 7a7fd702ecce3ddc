"""What docs/ says of the exchange folder, the fake SIS and the port is what the code has."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from integration.sis.exchange import COLUMNS
from integration.sis.memory_faults import EVERY_CALL, READ_FAULTS, WRITE_FAULTS
from integration.sis.memory_options import CHOICES, FREE, KEY_SETS, LISTS, NUMBERS
from integration.sis.port import Capabilities

ROOT = Path(__file__).resolve().parents[2]


def page(name):
    return (ROOT / "docs" / name).read_text()


def table(text, heading):
    """The rows of the first table under a heading, as lists of cells."""
    part = text.split(f"## {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", part, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def names_in(cell):
    return re.findall(r"`([\w.]+)`", cell)


def test_the_exchange_folders_columns_are_documented():
    found = {
        names_in(row[0])[0].removesuffix(".csv"): row[1].strip("`")
        for row in table(page("reference/exchange-folder.md"), "Files")
    }
    assert found == {name: ",".join(columns) for name, columns in COLUMNS.items()}


def test_every_option_of_the_fake_sis_is_documented_with_its_default():
    rows = table(page("reference/memory-sis.md"), "Options")
    assert {names_in(row[0])[0] for row in rows} == {*CHOICES, *KEY_SETS, *NUMBERS, *LISTS, *FREE}
    for row in rows:
        name = names_in(row[0])[0]
        if name in CHOICES:
            assert tuple(names_in(row[1])) == CHOICES[name], name


def test_every_fault_of_the_fake_sis_is_documented():
    rows = table(page("reference/memory-sis.md"), "Faults")
    found = [name for row in rows for name in names_in(row[0])]
    assert sorted(found) == sorted({*EVERY_CALL, *READ_FAULTS, *WRITE_FAULTS})


def test_every_capability_is_explained_in_the_port():
    explained = Capabilities.__doc__
    for name in Capabilities.__dataclass_fields__:
        assert name == "name" or name in explained, name


def test_every_code_of_a_bad_folder_is_documented():
    text = page("reference/exchange-folder.md")
    modules = ["sis/exchange.py", "sis/exchange_table.py", "sis/snapshots.py", "incoming.py"]
    for module in modules:
        source = (ROOT / "integration" / module).read_text()
        for code in re.findall(r'"([A-Z]+(?:_[A-Z]+)+)"', source):
            assert f"`{code}`" in text, (module, code)


# ---- the example of the how-to

ACME = ROOT / "docs" / "how-to" / "acme"


def test_the_code_that_the_how_to_shows_is_that_of_its_example():
    source = "".join((ACME / name).read_text() for name in ("acme_sis.py", "acme_hands.py"))
    shown = re.findall(r"```python\n(.*?)```", page("how-to/write-an-adapter.md"), re.DOTALL)
    assert len(shown) > 5
    for block in shown:
        assert block in source, block
    (entry,) = re.findall(r"```toml\n(.*?)```", page("how-to/write-an-adapter.md"), re.DOTALL)
    assert entry in (ACME / "pyproject.toml").read_text()


@pytest.fixture
def installed(tmp_path):
    """The environment of a process in which the example is installed, as its pyproject.toml has it."""
    project = tomllib.loads((ACME / "pyproject.toml").read_text())["project"]
    lines = [f"{name} = {target}" for name, target in project["entry-points"]["tandem.sis_adapters"].items()]
    info = tmp_path / "acme_sis-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("\n".join(["[tandem.sis_adapters]", *lines]))
    quick = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the browser's and others take seconds to load
    return {**os.environ, **quick, "PYTHONPATH": f"{ACME}:{tmp_path}"}


def kit(*options, environment):
    """One call of the kit, in a process of its own: (exit status, its last line, all that it said)."""
    plugins = ["-p", "pytest_django.plugin", "-p", "pytest_socket", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plugins, "--pyargs", "tandem_conformance", *options],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip().splitlines()[-1], done.stdout + done.stderr


def test_the_example_of_the_how_to_passes_the_kit(installed):
    hands = ["--sis-hands", "acme_hands:open_sis"]
    code, last, said = kit("--sis-url", "acme+http://test", *hands, environment=installed)
    assert code == 0, said
    assert int(re.search(r"(\d+) passed", last)[1]) >= 75
    assert "not asked: it declares to read no relationships" in said


def test_a_sis_without_hands_is_only_read_and_the_kit_says_so(installed):
    """Here the example with nothing at its address: each test says what is wrong, and none is passed."""
    nowhere = ["--sis-url", "acme+http://127.0.0.1:9", "-k", "check_finds"]
    code, last, said = kit(*nowhere, environment=installed)
    assert code == 1
    assert "passed" not in last
    assert "SisUnavailable: Acme cannot be reached." in said
    assert re.search(r"\d+ not asked: this SIS has no hands", said)
