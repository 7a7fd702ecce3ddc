"""What docs/ says of the exchange folder, the fake SIS and the port is what the code has."""

import re
from pathlib import Path

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
