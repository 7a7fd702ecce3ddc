"""A folder that a test spoils, the merge of it, and what it changed."""

import hashlib

from django.apps import apps
from django.db import connection

from integration.models import Link
from tandem_conformance.institution import TERM
from tests.merge_desk import execute_merge

BAD = "INVALID_VALUE"
LONG = "9" * 5_000
SECTIONS, MEETINGS, TEAM = "sections", "meetings", "section_instructors"
GROUPS, MEMBERS = "relationships", "relationship_members"


def merge(merge_type, *words):
    bound = merge_type in {"courses", "sections", "relationships", "all"}
    return execute_merge(merge_type, *(["--term", TERM] if bound else []), *words)


def write_manifest(folder):
    """Vouch for the files as they stand."""
    paths = sorted(set(folder.glob("*.csv")) - {folder / "manifest.csv"})
    rows = [f"{path.name},,{hashlib.sha256(path.read_bytes()).hexdigest()}" for path in paths]
    (folder / "manifest.csv").write_text("\n".join(["file,rows,sha256", *rows, ""]))


def content():
    """All rows of the scheduling tables and of the links; runs and plans are a merge's diary."""
    found = []
    for model in [*apps.get_app_config("scheduling").get_models(), Link]:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT t::text FROM {model._meta.db_table} t ORDER BY 1")
            found += [f"{model.__name__}: {row}" for (row,) in cursor.fetchall()]
    return found


def faults(run):
    """The issues that are no mere notices."""
    return [issue for issue in run["issues"] if not issue["notice"]]


def place(issue):
    return issue["file"], issue["line"], issue["column"]
