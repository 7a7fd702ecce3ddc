"""The adapter against the official OneRoster description, which Prism serves: it checks every request.

Prism answers each list with one made-up record and counts none; the description is served with the one
addition that its count is 1. It has no token service: that of the small server stands in for it.
"""

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from tandem_conformance.at_rest_contract import AtRestContract
from tandem_conformance.live_sis import LiveSis
from tests.oneroster.oneroster_server import KEY, Server

ROOT = Path(__file__).resolve().parents[2]
PRISM = ROOT / ".node" / "node_modules" / ".bin" / "prism"
DESCRIPTION = "sis/oneroster/onerosterv1p2rostersservice_openapi3_v1p0.json"
SECONDS = 60


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def counted(description):
    """The description with the count of each list as the one record that Prism makes up."""
    for methods in description["paths"].values():
        headers = methods["get"]["responses"]["200"].get("headers", {})
        if "X-Total-Count" in headers:
            headers["X-Total-Count"]["schema"]["example"] = 1
    return description


@pytest.fixture(scope="module")
def prism(realdata, tmp_path_factory):
    """Where Prism serves the description."""
    description = realdata.parents[1] / DESCRIPTION
    missing = [str(path) for path in (PRISM, description) if not path.exists()]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"CI=true, and there is no {' and no '.join(missing)}.")
    if missing:
        pytest.skip(f"there is no {' and no '.join(missing)}; see scripts/test_services.sh")
    file = tmp_path_factory.mktemp("prism") / "oneroster.json"
    file.write_text(json.dumps(counted(json.loads(description.read_text()))))
    port = free_port()
    command = [PRISM, "mock", "--errors", "--host", "127.0.0.1", "--port", str(port), file]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT) as process:
        try:
            wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(port, process):
    for _tried in range(SECONDS * 10):
        assert process.poll() is None, "Prism ended at once"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"Prism did not begin to answer within {SECONDS} seconds.")


@pytest.fixture(scope="module")
def tokens():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def sis(prism, tokens, settings):
    settings.SIS_API_KEY, settings.SIS_MAX_REQUESTS_PER_SECOND = KEY, 100_000
    made = LiveSis(f"oneroster+{prism}/?token={tokens.origin}/oauth/token", "string")
    yield made
    made.close()


class TestPrism(AtRestContract):
    def test_every_request_is_as_the_description_has_it(self, sis, prism):
        """Prism answers 401 without a token, and 422 to a query that the description does not allow."""
        path = f"{prism}/terms"
        assert httpx.get(path).status_code == 401
        wrong = {"limit": "many"}
        assert httpx.get(path, params=wrong, headers={"Authorization": "Bearer x"}).status_code == 422
        assert [one.sis_id for one in sis.adapter.read_all("sections", term="string")] == ["string"]
