"""What the contract tests share: quick copies of the fake SIS."""

import os
import shutil
from pathlib import Path

import pytest

from integration.sis.memory import MemoryAdapter
from integration.sis.memory_options import Options
from tandem_conformance.institution import write_institution


@pytest.fixture(autouse=True)
def _nothing_has_to_survive_a_power_failure(monkeypatch):
    """Folders are flushed to the disk as they are written; hundreds of them here need not be."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


@pytest.fixture(scope="session")
def loaded_sis(tmp_path_factory):
    """The institution as a fake SIS that has loaded it: to be copied, not to be written."""
    path = write_institution(tmp_path_factory.mktemp("institution") / "sis")
    adapter = MemoryAdapter(path=path)
    adapter.check()
    adapter.close()
    return path


@pytest.fixture
def sis_folder(loaded_sis, tmp_path):
    """A copy of it for one test."""
    return shutil.copytree(loaded_sis, tmp_path / "sis")


@pytest.fixture
def opened():
    """Open adapters with options; they are closed at the end."""
    adapters = []

    def make(path: Path, **given: str) -> MemoryAdapter:
        adapters.append(MemoryAdapter(path=path, options=Options.parse(given)))
        return adapters[-1]

    yield make
    for adapter in adapters:
        adapter.close()


@pytest.fixture
def sis(sis_folder, opened):
    return opened(sis_folder)
