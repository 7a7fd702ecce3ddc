"""One edit through `manage.py apply_edits`."""

import io
import json
from pathlib import Path

from django.core.management import call_command


def apply_line(edit, *, folder, term, user):
    """What the command answers to the edit, given as the user named."""
    file, out = Path(folder) / "edit.jsonl", io.StringIO()
    file.write_text(json.dumps(edit))
    status = 0
    try:
        call_command("apply_edits", str(file), "--term", term, "--user", user, "--json", stdout=out)
    except SystemExit as error:
        status = error.code
    (result,) = json.loads(out.getvalue())["results"]
    assert status == (0 if result["ok"] else 1)
    return result
