"""The documentation is true: links lead somewhere, tables that are made from code are fresh, commands exist.

`UPDATE_GOLDEN=1` writes the made tables anew.
"""

import os
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from integration.rule_words import RULE_WORDS, rule_in_words
from integration.status_rules import Code, state_of
from integration.status_words import WORDS

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
DJANGOS_OPTIONS = {
    *("--help", "--version", "--verbosity", "--settings", "--pythonpath", "--traceback"),
    *("--no-color", "--force-color", "--skip-checks"),
}
OUR_APPS = {"scheduling", "integration", "adminconsole", "phases"}


def rules():
    yield "| id | what it means |"
    yield "|---|---|"
    for rule in RULE_WORDS:
        yield f"| `{rule}` | {rule_in_words(rule, label='the field')} |".replace("| the field", "| The field")


def statuses():
    yield "| code | state | headline | who can mend it |"
    yield "|---|---|---|---|"
    for code in Code:
        words = WORDS[code]
        yield f"| `{code}` | {state_of(code)} | {words.headline} | {words.who or 'it goes on by itself'} |"


def adr():
    yield "| number | decision |"
    yield "|---|---|"
    for page in sorted((DOCS / "adr").glob("[0-9]*.md")):
        title = page.read_text().splitlines()[0].removeprefix("# ")
        number, _, decision = title.partition(" ")
        yield f"| [{number}]({page.name}) | {decision} |"


MADE = {"reference/rules.md": rules, "reference/statuses.md": statuses, "adr/README.md": adr}


@pytest.mark.parametrize("name", MADE)
def test_a_table_made_from_code_is_fresh(name):
    page = DOCS / name
    before = page.read_text()
    table = "\n".join(MADE[name]())
    fresh = re.sub(
        r"(<!-- made: \w+ -->\n).*?(<!-- end -->)", rf"\1{_literal(table)}\n\2", before, flags=re.DOTALL
    )
    if os.environ.get("UPDATE_GOLDEN"):
        page.write_text(fresh)
        before = fresh

    assert table in before
    assert fresh == before


def _literal(text):
    return text.replace("\\", r"\\")


def _anchors(page):
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(document):
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        if not linked.exists() or (anchor and anchor not in _anchors(linked)):
            broken.append(target)
    assert broken == []


def _pages_linked_by(page):
    targets = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text())
    linked = ((page.parent / target).resolve() for target in targets if "://" not in target)
    return {page for page in linked if page.exists()}


def test_every_page_is_reached_from_the_index():
    reached, new = set(), {DOCS / "README.md"}
    while new:
        reached |= new
        new = {linked for page in new for linked in _pages_linked_by(page)} - reached

    assert [str(page.relative_to(ROOT)) for page in DOCS.rglob("*.md") if page not in reached] == []


def test_decisions_are_numbered_without_a_gap():
    numbers = [int(page.name[:4]) for page in sorted((DOCS / "adr").glob("[0-9]*.md"))]

    assert numbers == list(range(1, len(numbers) + 1))
    for page in (DOCS / "adr").glob("[0-9]*.md"):
        assert page.read_text().startswith(f"# {page.name[:4]} "), page.name


def our_commands():
    return {name: app for name, app in get_commands().items() if app in OUR_APPS}


def test_the_reference_names_every_command_and_none_that_is_not_there():
    text = (DOCS / "reference/commands.md").read_text()

    assert set(re.findall(r"^\| `(\w+)[^`]*` \|.*\|.*\|$", text, re.MULTILINE)) == set(our_commands())


@pytest.mark.parametrize("name", sorted(our_commands()))
def test_the_reference_names_every_option_of_a_command(name):
    text = (DOCS / "reference/commands.md").read_text()
    parser = load_command_class(our_commands()[name], name).create_parser("manage.py", name)
    options = {action.option_strings[-1] for action in parser._actions if action.option_strings}

    assert {
        option for option in options - DJANGOS_OPTIONS if not re.search(rf"{option}[`\] ]", text)
    } == set()


def shell_lines(page):
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
        yield from re.sub(r"\\\n\s*", "", block).splitlines()


def written(pattern):
    """Each match of `pattern` in the shell lines of any page."""
    return sorted(
        {match for page in PAGES for line in shell_lines(page) for match in re.findall(pattern, line)}
    )


def test_every_make_target_that_is_written_exists():
    targets = written(r"\bmake ([a-z-]+)")

    assert "demo" in targets
    done = subprocess.run(
        ["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_command_that_is_written_exists():
    names = set(written(r"manage\.py (\w+)"))

    assert "execute_merge" in names
    assert names - set(get_commands()) == set()


def test_no_page_names_a_machine():
    named = [
        f"{page.relative_to(ROOT)}: {match}"
        for page in PAGES
        for match in re.findall(r"/(?:home|root|work|Users)/\w+", page.read_text())
    ]
    assert named == []
