"""From `SIS_URL` to an adapter."""

from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from django.conf import settings

from .csvfiles import DAY_SECONDS, CsvAdapter
from .memory import MemoryAdapter
from .port import SisAdapter

GROUP = "tandem.sis_adapters"


class BadSisUrl(Exception):
    """`SIS_URL` cannot be used; the text says what to write."""


def open_adapter(url: str) -> SisAdapter:
    """The adapter for `url`. Raises `BadSisUrl`; connects to nothing yet."""
    if not url:
        raise BadSisUrl("SIS_URL is not set; for example csv:///srv/drop for a folder that the SIS fills.")
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if parts.scheme == "csv":
        horizon = options.get("horizon", str(DAY_SECONDS))
        if not horizon.isdigit():
            raise BadSisUrl(f"horizon={horizon} in SIS_URL must be a number of seconds.")
        return CsvAdapter(path=_directory(parts), horizon_seconds=int(horizon))
    if parts.scheme == "memory":
        return MemoryAdapter(path=_directory(parts), options=options)
    for point in entry_points(group=GROUP, name=parts.scheme):
        adapter: SisAdapter = point.load()(url)
        return adapter
    raise BadSisUrl(
        f"SIS_URL has the scheme {parts.scheme!r}; known are csv, memory and what packages add to {GROUP}."
    )


def _directory(parts: SplitResult) -> Path:
    path = Path(parts.path)
    if parts.netloc or not path.is_absolute():
        raise BadSisUrl(f"SIS_URL must name an absolute folder with three slashes: {parts.scheme}:///abs/dir")
    return path


def configured_adapter() -> SisAdapter:
    """The adapter that the settings name."""
    return open_adapter(settings.SIS_URL)
