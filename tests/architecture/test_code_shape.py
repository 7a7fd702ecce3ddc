"""Sizes, names and habits of the source, as docs/explanation/architecture.md gives them."""

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("adminconsole", "benchmarks", "config", "integration", "phases", "scheduling", "scripts")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "core", "constants", "misc"}
ADAPTERS = {"memory", "csv", "ethos", "banner", "colleague", "peoplesoft", "oneroster"}


def python_files(*folders):
    files = chain.from_iterable((ROOT / folder).rglob("*.py") for folder in folders)
    return sorted(file for file in files if "migrations" not in file.parts)


SOURCE = [*python_files(*PACKAGES), ROOT / "manage.py"]
TESTS = python_files("tests", "tandem_conformance")


def name_of(file):
    return str(file.relative_to(ROOT))


def tree_of(file):
    return ast.parse(file.read_text(), filename=str(file))


def lines_of(file):
    return file.read_text().count("\n")


def listed(found):
    """For the message of a failure: all that was found, a line each."""
    return "\n" + "\n".join(found)


def functions_of(file):
    return [
        node for node in ast.walk(tree_of(file)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_module_is_longer_than_it_may_be():
    long = [
        f"{name_of(file)} {lines_of(file)}" for file in [*SOURCE, *TESTS] if lines_of(file) > LONGEST_MODULE
    ]
    assert long == [], listed(long)


def test_modules_are_short_as_a_rule():
    sizes = sorted(lines_of(file) for file in SOURCE if lines_of(file))

    assert median(sizes) <= 90
    assert sizes[int(len(sizes) * 0.9)] <= 250


def test_no_function_is_longer_than_it_may_be():
    long = [
        f"{name_of(file)}:{function.lineno} {function.name}"
        for file in SOURCE
        for function in functions_of(file)
        if function.end_lineno - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == [], listed(long)


def test_every_name_says_what_is_inside():
    parts = {part.removesuffix(".py") for file in [*SOURCE, *TESTS] for part in file.relative_to(ROOT).parts}
    assert parts & NAMES_THAT_SAY_NOTHING == set()


def test_test_files_have_names_of_their_own():
    names = [file.name for file in TESTS if file.name.startswith("test_")]
    assert sorted(names) == sorted(set(names))


def test_expected_failure_is_a_type_and_surprise_is_a_traceback():
    broad = [
        f"{name_of(file)}:{node.lineno}"
        for file in SOURCE
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ExceptHandler) and _is_broad(node)
    ]
    assert broad == [], listed(broad)


def _is_broad(handler):
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    names = {"everything" if one is None else getattr(one, "id", getattr(one, "attr", "")) for one in caught}
    ends_in_raise = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return bool(names & {"everything", "Exception", "BaseException"}) and not ends_in_raise


def test_the_engine_asks_for_capabilities_and_never_which_sis_it_is():
    engine = [
        file
        for file in python_files("integration")
        if not {"sis", "sandbox"} & set(file.relative_to(ROOT).parts)  # the adapters, and a SIS itself
    ]
    named = [
        f"{name_of(file)}:{node.lineno} {node.value}"
        for file in engine
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lower() in ADAPTERS
    ]
    assert named == [], listed(named)


IGNORE = re.compile(
    r"#\s*(?:ruff:\s*)?(noqa|type:\s*ignore|pragma)\b(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w, -]+\])?"
)


def _ignores_without_a_reason(line):
    """The ignores of a line that is followed by no reason. Those that stand one after another share one."""
    matches = list(IGNORE.finditer(line))
    return matches and not re.search(r"\w{2,}", line[matches[-1].end() :].lstrip(" #"))


@pytest.mark.parametrize(
    ("line", "is_bare"),
    [
        ("import x  # noqa: E402", True),
        ("import x  # noqa", True),
        ("x = y  # type: ignore[attr-defined]", True),
        ("import x  # noqa: E402, F403  # the environment first", False),
        ("x = y  # type: ignore[attr-defined]  # the stubs do not know it", False),
        ("# ruff: noqa: PLC0415  # extras are imported late", False),
        ("x = y  # a plain remark", False),
    ],
)
def test_an_ignore_without_a_reason_is_found(line, is_bare):
    assert bool(_ignores_without_a_reason(line)) is is_bare


def test_every_lint_ignore_has_its_reason():
    bare = [
        f"{name_of(file)}:{number} {line.strip()}"
        for file in [*SOURCE, *TESTS]
        if file != Path(__file__)
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if _ignores_without_a_reason(line)
    ]
    assert bare == [], listed(bare)


def test_every_ignore_of_the_configuration_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    ruff = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.flake8-self]")]
    codes = r'"[A-Z]{1,4}\d*"'
    bare = [
        line
        for line in ruff.splitlines()
        if re.search(codes, line) and "#" not in line and not line.startswith("select")
    ]
    assert bare == [], listed(bare)
    assert tomllib.loads(text)["tool"]["ruff"]["lint"]["select"] == ["ALL"]
