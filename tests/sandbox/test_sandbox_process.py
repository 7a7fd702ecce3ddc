"""The command as a process: says where it is, keeps its state through a kill, refuses what cannot be."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from tandem_conformance.institution import replace_in, write_institution
from tests.sandbox.conftest import Caller
from tests.sandbox.test_sandbox_writing import new_section

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def start(tmp_path):
    """Start the command; whatever is left of it is killed at the end."""
    running = []

    def starting(*options):
        command = [sys.executable, "manage.py", "sandbox_sis", str(tmp_path / "sis"), "--port", "0", *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        running.append(process)
        said = process.stdout.readline()
        assert "7 sections" in said or "8 sections" in said
        return process, Caller(said.partition(" at ")[2].partition(". ")[0])

    yield starting
    for process in running:
        process.kill()
        process.wait()
        process.stdout.close()


def seen(caller):
    return (
        caller.control("export"),
        caller.control("journal"),
        caller.http.head("/consume").headers["x-remaining"],
    )


def test_its_state_survives_a_kill(start, tmp_path):
    write_institution(tmp_path / "sis")
    options = ("--profile", "banner", "--state", str(tmp_path / "state"))
    process, caller = start(*options)
    made = caller.send("POST", "sections", new_section(caller)).json()
    caller.send("DELETE", "section-crosslists", guid=next(iter(caller.all("section-crosslists"))))
    caller.send("PUT", "sections", {"billing": 3.5}, made["id"]).raise_for_status()
    caller.http.get("/consume", params={"limit": 1})
    before = seen(caller)
    caller.http.close()
    process.kill()
    process.wait()

    second, again = start(*options)

    assert seen(again) == before
    assert len(before[1]) == 3
    assert again.http.get(f"/api/sections/{made['id']}").json()["billing"] == 3.5
    assert [one["id"] for one in again.http.get("/consume").json()] == ["2", "3"]
    assert again.send("POST", "sections", new_section(again, number="Y")).status_code == 201
    with pytest.raises(CommandError, match="another sandbox"):
        call_command("sandbox_sis", str(tmp_path / "sis"), "--port", "0", *options)
    again.control("reset", {})
    assert seen(again)[1:] == ([], "0")
    again.http.close()
    second.kill()
    second.wait()
    with pytest.raises(CommandError, match="is of the profile banner"):
        call_command("sandbox_sis", str(tmp_path / "sis"), "--port", "0", *options[2:])


def test_what_cannot_be_served_is_said_with_exit_2(tmp_path):
    folder = write_institution(tmp_path / "sis")
    (tmp_path / "changes.jsonl").write_text('{"revision": 1}\n{oops\n')

    with pytest.raises(CommandError, match=r"changes\.jsonl line 2 is no JSON object") as changes:
        call_command("sandbox_sis", str(folder), "--changes", str(tmp_path / "changes.jsonl"))
    with pytest.raises(CommandError, match="is not there") as nowhere:
        call_command("sandbox_sis", str(tmp_path / "nowhere"))
    replace_in(folder, "sections", "S001,20241", "S001")
    with pytest.raises(CommandError, match=r"sections\.csv line 2") as short:
        call_command("sandbox_sis", str(folder))

    assert {error.value.returncode for error in (changes, nowhere, short)} == {2}


def test_a_port_that_is_taken_is_said(served, tmp_path):
    port = httpx.URL(served("colleague").url).port

    with pytest.raises(CommandError, match=f"Port {port} cannot be used"):
        call_command("sandbox_sis", str(write_institution(tmp_path / "sis")), "--port", str(port))


def test_what_is_denied_is_403_and_not_offered(start, tmp_path):
    write_institution(tmp_path / "sis")
    whole = [f"section-crosslists:{one}" for one in ("get", "post", "put", "delete")]
    denials = [word for one in ("sections:put", "buildings:get", *whole) for word in ("--deny", one)]
    _process, caller = start(*denials)
    section = caller.section("S001")
    (application,) = caller.http.get("/admin/available-resources").json()
    offered = {one["name"]: one["representations"][0]["methods"] for one in application["resources"]}

    refused = [
        caller.send("PUT", "sections", {"billing": 3.5}, section["id"]),
        caller.list("buildings"),
        caller.list("section-crosslists"),
    ]
    assert [one.status_code for one in refused] == [403] * 3
    assert {one.json()["errors"][0]["code"] for one in refused} == {"Access.Denied"}
    assert caller.section("S001") == section
    assert offered["sections"] == ["get", "post"]
    assert not {"buildings", "section-crosslists"} & offered.keys()
    caller.http.close()


@pytest.mark.parametrize("text", ["sections", "sections:patch", "rooms:put", "nothing:get"])
def test_a_denial_of_nothing_is_said(tmp_path, text):
    with pytest.raises(CommandError, match="names no method of a resource, as sections:put does"):
        call_command("sandbox_sis", str(tmp_path), "--deny", text)
