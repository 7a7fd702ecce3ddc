"""From `SIS_URL` to an adapter, or to the sentence that says what to write."""

import importlib

import pytest

from integration.sis.csvfiles import CsvAdapter
from integration.sis.memory import MemoryAdapter
from integration.sis.port import BadSisUrl, SisAdapter
from integration.sis.registry import configured_adapter, open_adapter


def test_csv_names_a_folder_and_perhaps_a_horizon():
    adapter = open_adapter("csv:///srv/the%20drop?horizon=60")
    assert isinstance(adapter, CsvAdapter)
    assert isinstance(adapter, SisAdapter)
    assert str(adapter.path) == "/srv/the drop"
    assert adapter.capabilities.applies_later_seconds == 60
    assert open_adapter("csv:///srv/drop").capabilities.applies_later_seconds == 86_400


def test_memory_names_a_folder_and_options():
    adapter = open_adapter("memory:///srv/sis?token=no")
    assert isinstance(adapter, MemoryAdapter)
    assert isinstance(adapter, SisAdapter)
    assert not adapter.capabilities.has_concurrency_token


def test_the_adapter_of_the_settings_is_opened(settings):
    settings.SIS_URL = "csv:///srv/drop"
    assert isinstance(configured_adapter(), CsvAdapter)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "SIS_URL is not set"),
        ("banner://host", "begins with 'banner'.* csv, memory"),
        ("srv/drop", "begins with ''"),
        ("csv://srv/drop", "after three slashes"),
        ("csv:drop", "after three slashes"),
        ("memory:///srv?colour=red", "memory knows"),
        ("csv:///srv?token=no", "csv knows horizon"),
        ("csv:///srv?horizon=soon", "number of seconds"),
        ("csv://[srv/drop", "cannot be read"),
    ],
)
def test_what_cannot_be_used_says_what_to_write(url, says):
    with pytest.raises(BadSisUrl, match=says):
        open_adapter(url)


def test_a_package_adds_a_scheme_by_an_entry_point(tmp_path, monkeypatch):
    (tmp_path / "acme_sis.py").write_text("def adapter(url):\n    return ['acme', url]\n")
    info = tmp_path / "acme_sis-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-sis\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tandem.sis_adapters]\nacme+https = acme_sis:adapter\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    assert open_adapter("acme+https://host/x") == ["acme", "acme+https://host/x"]
    with pytest.raises(BadSisUrl, match=r"csv, memory, .*acme\+https"):
        open_adapter("other://host")
