"""`manage.py check_sis`: what the SIS can do and what is wrong with it (CONTRACT.md)."""

import io
import json

import pytest
from django.core.management import call_command

from tandem_conformance.institution import replace_in, write_institution


@pytest.fixture
def folder(tmp_path):
    return write_institution(tmp_path / "sis")


def check(*words):
    """(exit status, standard output, standard error)."""
    out, err, exit_code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("check_sis", *words, stdout=out, stderr=err, no_color=True)
    except SystemExit as end:
        exit_code = end.code
    return exit_code, out.getvalue(), err.getvalue()


def document(*words):
    exit_code, out, err = check("--json", *words)
    assert err == ""
    return exit_code, json.loads(out)


def test_a_good_folder_is_all_right(folder, settings):
    settings.SIS_URL = f"csv://{folder}"

    exit_code, found = document()

    assert exit_code == 0
    assert (found["adapter"], found["problems"]) == ("csv", [])
    assert ["sections.csv", "7 rows"] in found["facts"]
    assert found["capabilities"]["can_read_by_id"] is False
    assert found["capabilities"]["applies_later_seconds"] == 86_400
    assert found["capabilities"]["writes"]["sections"] == ["CANCEL", "CREATE", "DELETE", "UPDATE"]
    assert found["capabilities"]["order"] == ["courses", "sections", "relationships"]


def test_the_capabilities_are_those_that_the_adapter_declares(folder, settings):
    settings.SIS_URL = (
        f"memory://{folder}?order=sections_first&deletes=no&token=no&late=60&fields=title,notes"
    )

    exit_code, found = document()

    assert exit_code == 0
    declared = found["capabilities"]
    assert declared["order"][0] == "sections"
    assert "DELETE" not in declared["writes"]["sections"]
    assert declared["has_concurrency_token"] is False
    assert declared["late_request_seconds"] == 60
    assert declared["writable_fields"] == ["notes", "title"]
    assert ["sections", "7 records"] in found["facts"]


def test_it_is_told_in_words_too(folder, settings):
    settings.SIS_URL = f"memory://{folder}?read_only=yes"

    exit_code, out, err = check()

    assert (exit_code, err) == (0, "")
    assert "  writes: nothing\n" in out
    assert "  can read by id: yes\n" in out
    assert "  late request seconds: not limited\n" in out
    assert "  order: courses, sections, relationships\n" in out
    assert out.endswith("Nothing is wrong.\n")


def test_what_is_wrong_with_the_folder_is_status_2(folder, settings):
    settings.SIS_URL = f"csv://{folder}"
    replace_in(folder, "rooms", "type", "kind")
    replace_in(folder, "terms", "code,", "")

    exit_code, found = document()

    assert exit_code == 2
    assert [problem.partition(" ")[0] for problem in found["problems"]] == ["terms.csv", "rooms.csv"]
    exit_code, out, err = check()
    assert exit_code == 2
    assert "rooms.csv has no column 'type'" in err
    assert "Nothing is wrong" not in out


def test_a_folder_that_the_fake_sis_cannot_load_is_status_2(folder, settings):
    settings.SIS_URL = f"memory://{folder}"
    (folder / "rooms.csv").unlink()
    exit_code, found = document()
    assert exit_code == 2
    assert found["problems"][0].startswith("rooms.csv is missing")


@pytest.mark.parametrize(
    ("url", "says"),
    [("", "SIS_URL is not set"), ("banner://x", "no adapter answers"), ("csv:x", "three slashes")],
)
def test_an_address_that_cannot_be_used_is_status_2(settings, url, says):
    settings.SIS_URL = url
    exit_code, found = document()
    assert exit_code == 2
    assert says in found["problems"][0]
    assert found["adapter"] is None


@pytest.mark.parametrize("scheme", ["csv", "memory"])
def test_a_sis_that_is_not_there_is_status_4(tmp_path, settings, scheme):
    settings.SIS_URL = f"{scheme}://{tmp_path}/nowhere"
    exit_code, found = document()
    assert exit_code == 4
    assert found["adapter"] == scheme
    assert "is not there" in found["problems"][0]
    assert check()[0] == 4


def test_checking_changes_nothing_in_the_sis(folder, settings):
    settings.SIS_URL = f"csv://{folder}"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    check()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
