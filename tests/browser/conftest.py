"""A real browser on a real server. Runs in a pytest call of its own: `pytest tests/browser`."""

import os
import re
import shutil

import pytest
from playwright.sync_api import expect

from scheduling.models import Department, Role, RoleAssignment, User
from tests.campus import Campus
from tests.week_college import TERM as WEEK_TERM
from tests.week_college import College

# Playwright's synchronous API keeps an event loop in this thread, which Django would take for async code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

PATIENCE = 20_000
"""Milliseconds: browsers share the machine, so that what comes late is no fault; what never comes is."""
expect.set_options(timeout=PATIENCE)

PASSWORD = "a long made-up password"
REFUSED = re.compile("the server responded with a status of (409|422)")
"""What Chromium itself notes of a form that was refused; the page tells the person why."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The system's Chromium; without its sandbox, which root may not have."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    assert found, "There is no Chromium; install it (on Debian: apt-get install chromium)."
    return {**browser_type_launch_args, "executable_path": found, "args": ["--no-sandbox"]}


@pytest.fixture
def open_page(browser, live_server):
    """`open_page(path, …)`: a page in a new context with these options.

    Whatever its console complains of fails the test.
    """
    errors, contexts = [], []

    def note(said):
        if said.type in {"error", "warning"} and not REFUSED.search(said.text):
            errors.append(said.text)

    def make(path="/", **options):
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield make
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def person(transactional_db):
    """`person(name, role)`: somebody who can sign in."""

    def make(name, role="", **flags):
        user = User.objects.create_user(name, password=PASSWORD, has_scheduling=True, **flags)
        if role:
            code, _made = Role.objects.get_or_create(code=role, defaults={"name": role.capitalize()})
            RoleAssignment.objects.create(user=user, role=code, is_for_all_departments=True)
        return user

    return make


@pytest.fixture
def sign_in():
    def type_in(page, name, password=PASSWORD):
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    return type_in


@pytest.fixture
def campus(transactional_db, tmp_path):
    """The small college after its first import."""
    made = Campus(folder=tmp_path / "sis")
    made.load()
    return made


@pytest.fixture
def enter(campus, person, open_page, sign_in):
    """`enter(path, …)`: the page for a registrar, or for a scheduler of Biology."""

    def make(path, *, name="rita", role="REGISTRAR", **options):
        user = person(name, role if role == "REGISTRAR" else "")
        if role != "REGISTRAR":
            held = RoleAssignment.objects.create(user=user, role=Role.objects.get(code=role))
            held.departments.set([Department.objects.get(code="BIO")])
        page = open_page("/sign-in/", **options)
        sign_in(page, name)
        expect(page).to_have_title("Terms · Tandem")
        page.goto(path)
        return page

    return make


@pytest.fixture
def college(transactional_db):
    """Two classes of biology in one room on other days, and one of chemistry next door."""
    made = College()
    made.a = made.section("BIO", "A", ("MW", "09:00", "09:50", "101"))
    made.section("BIO", "B", ("T", "09:00", "09:50", "101"))
    made.section("CHE", "C", ("M", "13:00", "13:50", "102"))
    return made


@pytest.fixture
def open_week(college, person, open_page, sign_in):
    """`open_week(query, …)`: a week of that college for a registrar."""
    person("rita", "REGISTRAR")

    def make(query, **options):
        page = open_page("/sign-in/", **options)
        sign_in(page, "rita")
        expect(page).to_have_title("Terms · Tandem")
        page.goto(f"/terms/{WEEK_TERM}/week/{query}")
        return page

    return make
