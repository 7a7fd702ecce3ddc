"""How the broker is spoken to. In production it is Redis; a demo makes do with a folder."""

import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from kombu.transport import filesystem
from kombu.utils.json import dumps

FOLDER = "filesystem"
"""The scheme of a broker that is a folder: `filesystem:///abs/dir`."""


def transport_options(url: str) -> dict[str, Any]:
    """Celery's options for the broker at `url`. Makes the folder; raises `OSError` if it cannot."""
    parts = urlsplit(url)
    if parts.scheme != FOLDER:
        # A save that gives its hint tries once: the sweep finds the row where no hint was given.
        return {"socket_connect_timeout": 2, "max_retries": 0}
    folder = Path(unquote(parts.path))
    messages, control = folder / "messages", folder / "control"
    for one in (messages, control):
        one.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
        "polling_interval": 0.05,
    }


def transport(url: str) -> str | None:
    """The transport for the broker at `url`, where it is not the one that its scheme names."""
    return f"{__name__}:FolderTransport" if urlsplit(url).scheme == FOLDER else None


class WholeMessages(filesystem.Channel):
    """Messages appear in the folder whole. Half a message would end the worker that reads it."""

    def _put(self, queue: str, payload: Any, **_more: Any) -> None:  # type: ignore[override]  # as the parent
        folder = Path(self.data_folder_out)
        half = folder / f"{uuid4()}.half"
        half.write_text(dumps(payload))  # type: ignore[no-untyped-call]  # kombu has no types here
        half.rename(folder / f"{round(time.monotonic() * 1000)}_{uuid4()}.{queue}.msg")


class FolderTransport(filesystem.Transport):
    """Celery's transport over a folder, with whole messages."""

    Channel = WholeMessages
