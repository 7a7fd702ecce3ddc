"""From `SIS_URL` to an adapter."""

from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.conf import settings

from .csvfiles import DAY_SECONDS, CsvAdapter
from .ethos import adapter as ethos
from .memory import MemoryAdapter
from .memory_options import Options
from .oneroster import adapter as oneroster
from .port import BadSisUrl, SisAdapter

__all__ = ["BadSisUrl", "configured_adapter", "open_adapter"]
GROUP = "tandem.sis_adapters"
DELIVERED = ("csv", "memory", *ethos.SCHEMES, *oneroster.SCHEMES)


def configured_adapter() -> SisAdapter:
    """The adapter that the settings name. Raises `BadSisUrl`."""
    return open_adapter(settings.SIS_URL)


def open_adapter(url: str) -> SisAdapter:
    """The adapter for `url`. Raises `BadSisUrl`; connects to nothing yet."""
    if not url:
        raise BadSisUrl(
            "SIS_URL is not set; set it, for example to csv:///srv/drop, a folder that the SIS fills."
        )
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadSisUrl(f"SIS_URL cannot be read: {error}. Write it like csv:///srv/drop.") from error
    match parts.scheme:
        case "csv":
            return CsvAdapter(path=_directory(parts), horizon_seconds=_horizon(_query(parts)))
        case "memory":
            return MemoryAdapter(path=_directory(parts), options=Options.parse(_query(parts)))
        case scheme if scheme in ethos.SCHEMES:
            return ethos.open_adapter(url)
        case scheme if scheme in oneroster.SCHEMES:
            return oneroster.open_adapter(url)
    for point in entry_points(group=GROUP, name=parts.scheme):
        adapter: SisAdapter = point.load()(url)
        return adapter
    added = sorted(point.name for point in entry_points(group=GROUP))
    raise BadSisUrl(
        f"SIS_URL begins with {parts.scheme!r}, which no adapter answers to; there are "
        f"{', '.join((*DELIVERED, *added))}. A package adds more through the entry points {GROUP}."
    )


def _directory(parts: SplitResult) -> Path:
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute():
        raise BadSisUrl(
            f"SIS_URL must name an absolute folder after three slashes, like {parts.scheme}:///srv/drop."
        )
    return path


def _query(parts: SplitResult) -> dict[str, str]:
    return dict(parse_qsl(parts.query, keep_blank_values=True))


def _horizon(query: dict[str, str]) -> int:
    unknown = sorted(query.keys() - {"horizon"})
    if unknown:
        raise BadSisUrl(f"SIS_URL has the option {unknown[0]!r}; csv knows horizon.")
    text = query.get("horizon", str(DAY_SECONDS))
    if not text.isdecimal():
        raise BadSisUrl(f"horizon={text} in SIS_URL must be a number of seconds.")
    return int(text)
