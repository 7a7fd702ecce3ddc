"""Where a demo or a developer's site keeps its data: in `TANDEM_STATE`, else in `.demo` beside the code."""

import os
from pathlib import Path
from urllib.parse import quote

STATE = Path(os.environ.get("TANDEM_STATE") or Path(__file__).resolve().parent.parent / ".demo").resolve()
DATABASE = STATE / "postgres"
SIS = STATE / "sis"
SECRET_FILE = STATE / "secret_key"
BROKER = STATE / "broker"
BROKER_URL = f"filesystem://localhost{quote(str(BROKER))}"
