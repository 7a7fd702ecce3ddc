"""The settings are safe by default, and wrong ones stop the start with a sentence that says what to do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import VARIABLES, read_environment

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST = {
    "SECRET_KEY": "0123456789abcdefghij" * 3,
    "DATABASE_URL": "postgres://tandem:hunter2hunter2@db.example.edu:5433/schedule",
    "ALLOWED_HOSTS": "tandem.example.edu",
}


def _manage(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_least_environment_gives_a_safe_site():
    settings = read_environment(LEAST)

    assert settings["DEBUG"] is False
    assert settings["ALLOWED_HOSTS"] == ["tandem.example.edu"]
    assert settings["SIS_MAX_REQUESTS_PER_SECOND"] == 10
    assert settings["TIME_ZONE"] == "UTC"
    database = settings["DATABASE_URL"]
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.edu", 5433, "schedule")


def test_every_missing_variable_is_named_with_the_way_to_set_it():
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment({})

    text = str(caught.value)
    assert re.findall(r"^  (\w+) is not set\. Set it to .", text, re.MULTILINE) == list(LEAST)
    assert "token_urlsafe" in text


def test_a_variable_set_to_nothing_counts_as_not_set():
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is not set"):
        read_environment({**LEAST, "SECRET_KEY": "  "})
    assert read_environment({**LEAST, "TIME_ZONE": ""})["TIME_ZONE"] == "UTC"


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("SECRET_KEY", "short", "can be guessed"),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "PostgreSQL only"),
        ("DATABASE_URL", "mysql://u:hunter2hunter2@h/d", "PostgreSQL only"),
        ("DATABASE_URL", "postgres://u@h:port/d", "cannot be read"),
        ("DATABASE_URL", "postgres://u@h:5432/", "names no database"),
        ("ALLOWED_HOSTS", "*", "Name the hosts"),
        ("ALLOWED_HOSTS", "https://tandem.example.edu/", "host names only"),
        ("DEBUG", "maybe", "True or False"),
        ("TIME_ZONE", "Chicago", "America/Chicago"),
        ("CELERY_BROKER_URL", "localhost:6379", "no ://"),
        ("NIGHT_AT", "25:00", "not a time of day"),
        ("NIGHT_AT", "2 am", "not a time of day"),
        ("SIS_URL", "/srv/exchange", "no ://"),
        ("SIS_MAX_REQUESTS_PER_SECOND", "0", "1 or more"),
        ("SIS_MAX_REQUESTS_PER_SECOND", "-3", "1 or more"),
        ("SIS_MAX_REQUESTS_PER_SECOND", "ten", "1 or more"),
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence_and_not_repeated(name, value, sentence):
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment({**LEAST, name: value})

    assert re.search(rf"^  {name} .*{re.escape(sentence)}", str(caught.value), re.MULTILINE)
    assert "hunter2" not in str(caught.value)


def test_all_wrong_values_are_said_at_once():
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment({**LEAST, "DEBUG": "maybe", "TIME_ZONE": "Mars"})

    assert len(re.findall(r"^  ", str(caught.value), re.MULTILINE)) == 2


def test_a_command_without_settings_exits_2_with_the_sentences_and_no_traceback():
    done = _manage("check")

    assert done.returncode == 2
    assert done.stderr.startswith("Tandem cannot start.")
    assert "Traceback" not in done.stderr


def test_djangos_own_checks_for_deployment_have_nothing_to_say():
    done = _manage("check", "--deploy", "--fail-level", "WARNING", **LEAST)

    assert done.returncode == 0, done.stderr


def test_no_setting_has_a_default_where_only_a_person_can_know():
    assert {variable.name for variable in VARIABLES if variable.default is None} == set(LEAST)


@pytest.mark.parametrize("document", ["README.md", "docs/reference/settings.md"])
def test_every_variable_is_documented(document):
    text = (ROOT / document).read_text()

    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", text, re.MULTILINE))
    assert {variable.name for variable in VARIABLES} - documented == set()


def test_the_reference_gives_the_defaults_of_the_code():
    text = (ROOT / "docs/reference/settings.md").read_text()

    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]*?) \|", text, re.MULTILINE))
    for variable in VARIABLES:
        said = (
            "must be set"
            if variable.default is None
            else f"`{variable.default}`"
            if variable.default
            else "empty"
        )
        assert rows[variable.name] == said, variable.name
