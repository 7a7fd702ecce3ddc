"""No address breaks: whatever stands in it is answered in words, never by a failure of ours."""

from itertools import product
from urllib.parse import urlencode

import pytest

from tests.campus import TERM
from tests.web.test_who_sees_what import CONSOLE, SCHEDULE

HALF_A_PAIR = "\ud800".encode("utf-8", "surrogatepass")
STRANGE = ["\x00", HALF_A_PAIR, "9" * 400, "-1", "'\"<b>", "%", "\u202e", "1,2;3", ""]
NAMES = sorted(
    {
        "q",
        "department",
        "subject",
        "status",
        "day",
        "from",
        "to",
        "room",
        "instructor",
        "state",
        "only",
        "sort",
    }
    | {"col", "cursor", "term", "type", "field", "kind", "side", "action", "show", "why", "history", "dates"}
    | {
        "building",
        "trigger",
        "since",
        "until",
        "dry",
        "review",
        "kept",
        "tick",
        "compare",
        "capacity",
        "record",
    }
    | {"who", "before", "after", "date", "time", "section", "copy", "copy_from", "name", "seen", "wanted"}
    | {"user", "reason", "fields_chosen", "set_rule", "set_what", "set_role", "position", "colour"}
    | {f"entry:0:{part}" for part in ("at", "date", "time", "phase")}
)


@pytest.fixture
def college(campus):
    campus.enable()
    return campus


def paths():
    yield from CONSOLE
    for path in SCHEDULE:
        yield path.replace("/terms/1/", f"/terms/{TERM}/").replace(
            "/1/", "/I1/" if "instructors" in path else "/1/"
        )


def test_strange_parameters_are_answered(college, person):
    admin = person("full admin")
    for path, strange in product(paths(), STRANGE):
        answer = admin.get(f"{path}?{urlencode([(name, strange) for name in NAMES])}")
        assert answer.status_code in {200, 302, 400, 404, 405}, (path, strange)


def test_strange_forms_are_answered(college, person):
    admin = person("full admin")
    for path, strange in product(CONSOLE, STRANGE):
        answer = admin.post(
            path, dict.fromkeys([*NAMES, "settle", "choose", "confirmed", "do", "how"], strange)
        )
        assert answer.status_code in {200, 302, 400, 404, 405, 409, 422}, (path, strange)
        if "/settings/" not in path:  # the same, to be saved: what cannot be understood is not
            again = admin.post(path, dict.fromkeys(NAMES, strange) | {"step": "save"})
            assert again.status_code in {200, 302, 400, 404, 405, 409, 422}, (path, strange)
