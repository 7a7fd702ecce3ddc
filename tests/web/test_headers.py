"""What every answer carries, so that nothing foreign and nothing inline runs."""

import re

import pytest
from django.test import Client

PAGES = ["/", "/password/", "/sign-in/", "/nothing-here/", "/healthz", "/api/v1/schema/", "/api/v1/sections/"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_a_policy_that_allows_our_own_files_only(person, path):
    headers = person("registrar").get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert {"private", "no-cache"} <= set(headers["Cache-Control"].split(", "))
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("kind", ["anonymous", "no product", "viewer", "registrar"])
@pytest.mark.parametrize("path", ["/", "/password/", "/sign-in/", "/nothing-here/"])
def test_no_page_has_anything_inline_or_from_elsewhere(person, term_of, run_of, kind, path):
    run_of("sections", term_of())
    page = person(kind).get(path, follow=True).content.decode()
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
    sources = re.findall(r"(?:href|src|action)=\"([^\"]*)\"", page)
    assert sources
    assert all(one.startswith(("/", "#")) for one in sources)


def test_every_page_has_a_language_a_title_one_main_and_a_skip_link(person, term_of):
    term_of()
    for client, path in [
        (Client(), "/sign-in/"),
        (person("registrar"), "/"),
        (person("viewer"), "/nothing-here/"),
    ]:
        page = client.get(path).content.decode()
        assert '<html lang="en">' in page
        assert re.search(r"<title>[A-Z][^<]+ · Tandem</title>", page)
        assert page.count("<main") == page.count("<h1") == 1
        assert '<a class="skip" href="#main">' in page
