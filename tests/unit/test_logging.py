"""Logs are one JSON object a line, and no secret gets into them on any way."""

import io
import json
import logging

import pytest
import structlog

from config.logging import HIDDEN, SecretHider, configure, logging_config

KEY = "zebra-4711-api"


@pytest.fixture
def written(settings):
    """What is logged in the test, as the lines would be on standard error."""
    stream = io.StringIO()
    config = logging_config(secrets=[KEY])
    config["handlers"]["stderr"]["stream"] = stream
    before = logging.root.handlers[:], logging.root.level
    configure(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    configure(settings.LOGGING)
    logging.root.handlers[:], logging.root.level = before  # those of pytest


def _clean(**event):
    return SecretHider([KEY])(None, "info", event)


def test_an_event_is_one_json_object_with_level_logger_and_time(written):
    structlog.get_logger("tandem.test").info("merge finished", term="20241", read=951)

    [line] = written()
    assert line["event"] == "merge finished"
    assert (line["term"], line["read"]) == ("20241", 951)
    assert (line["level"], line["logger"]) == ("info", "tandem.test")
    assert "timestamp" in line


def test_libraries_log_in_the_same_form(written):
    logging.getLogger("httpx").warning("GET %s", f"https://u:{'pw' * 4}@sis.example.edu/api?token=abcdef")

    [line] = written()
    assert line["event"] == f"GET https://u:{HIDDEN}@sis.example.edu/api?token={HIDDEN}"


def test_a_traceback_is_logged_without_the_secret_in_its_message(written):
    try:
        int(KEY)
    except ValueError:
        structlog.get_logger("tandem.test").exception("call failed")

    [line] = written()
    assert "ValueError" in line["exception"]
    assert KEY not in json.dumps(line)


def test_a_libraries_traceback_is_cleaned_too(written):
    try:
        int(KEY)
    except ValueError:
        logging.getLogger("celery").exception("task failed")

    [line] = written()
    assert "ValueError" in line["exception"]
    assert KEY not in json.dumps(line)


@pytest.mark.parametrize(
    "name",
    ["password", "SIS_API_KEY", "api-key", "secret_key", "Authorization", "access_token", "Set-Cookie"],
)
def test_a_value_under_a_telling_name_is_hidden(name):
    assert _clean(**{name: "s3"})[name] == HIDDEN
    assert _clean(**{name: 4711})[name] == HIDDEN


def test_nested_values_are_hidden():
    event = _clean(
        request={"headers": [{"Authorization": "Bearer abcdefgh"}], "params": ("a", KEY)}, tries={KEY}
    )

    assert event == {
        "request": {"headers": [{"Authorization": HIDDEN}], "params": ["a", HIDDEN]},
        "tries": [HIDDEN],
    }


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("postgres://tandem:hunter2@db/x", f"postgres://tandem:{HIDDEN}@db/x"),
        ("redis://:hunter2@redis:6379/0", f"redis://:{HIDDEN}@redis:6379/0"),
        ("postgres://tandem:p@ss@db/x", f"postgres://tandem:{HIDDEN}@db/x"),
        ("Authorization: Bearer abcdefghij", f"Authorization: Bearer {HIDDEN}"),
        ("host=db password=hunter2 user=x", f"host=db password={HIDDEN} user=x"),
        ("{'api_key': 'hunter2', 'a': 1}", f"{{'api_key': '{HIDDEN}', 'a': 1}}"),
        ("/v1?client_secret=hunter2&page=2", f"/v1?client_secret={HIDDEN}&page=2"),
        (f"the SIS said {KEY} is wrong", f"the SIS said {HIDDEN} is wrong"),
    ],
)
def test_a_secret_inside_a_text_is_hidden_and_the_rest_stays(text, cleaned):
    assert _clean(note=text)["note"] == cleaned


def test_a_secret_in_an_objects_own_words_is_hidden():
    class Client:
        def __repr__(self):
            return f"Client(key={KEY})"

    assert KEY not in _clean(client=Client())["client"]


def test_a_secret_used_as_a_key_is_hidden():
    assert KEY not in json.dumps(_clean(map={KEY: 1}))


@pytest.mark.parametrize("value", [None, True, 3, 2.5, "20241", "http://sis.example.edu/sections?term=20241"])
def test_what_is_no_secret_stays_as_it_is(value):
    assert _clean(value=value)["value"] == value


def test_an_empty_or_tiny_secret_does_not_blot_out_the_log():
    assert SecretHider(["", "ab"])(None, "info", {"event": "about a cab"})["event"] == "about a cab"


def test_the_sites_own_secrets_are_known_to_its_logs(settings):
    hider = settings.LOGGING["formatters"]["json"]["processors"][1]

    assert hider(None, "info", {"event": f"key {settings.SECRET_KEY}"})["event"] == f"key {HIDDEN}"
