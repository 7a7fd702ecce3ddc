"""Where a demo or a developer's site keeps its data: in `TANDEM_STATE`, else in `.demo` beside the code."""

import os
import secrets
from pathlib import Path
from urllib.parse import quote

STATE = Path(os.environ.get("TANDEM_STATE") or Path(__file__).resolve().parent.parent / ".demo").resolve()
DATABASE = STATE / "postgres"
SECRET_FILE = STATE / "secret_key"
BROKER = STATE / "broker"
BROKER_URL = f"filesystem://localhost{quote(str(BROKER))}"

HOST = "127.0.0.1"
SIS = STATE / "sis"
"""The exchange folder that the demo's SIS, a sandbox, began with."""
SIS_BOOKS = STATE / "sis_books"
"""Where the sandbox keeps what it has become."""
SIS_CHANGES = STATE / "sis_changes.jsonl"
"""What people did in the SIS itself."""
SIS_KEY_FILE = STATE / "sis_api_key"
SIS_PORT_FILE = STATE / "sis_port"
"""Where the sandbox was served when the demo last began; without it there was no demo here."""
REQUESTS_PER_SECOND = 1000
"""Nobody else uses this SIS."""


def secret_in(path: Path) -> str:
    """What the file holds; at first it is made, at random, for its owner's eyes only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


def sandbox_url() -> str:
    """Where the demo's SIS is served."""
    return f"http://{HOST}:{SIS_PORT_FILE.read_text()}"


def own_sis() -> dict[str, str]:
    """The environment in which Tandem works with the demo's SIS."""
    return {
        "SIS_URL": f"ethos+{sandbox_url()}?profile=colleague",
        "SIS_API_KEY": secret_in(SIS_KEY_FILE),
        "SIS_MAX_REQUESTS_PER_SECOND": str(REQUESTS_PER_SECOND),
    }
