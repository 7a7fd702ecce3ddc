"""Writes live in services: nothing else saves a model of scheduling (style rule 6)."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from scheduling import models

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = {name for name, value in vars(models).items() if inspect.isclass(value)}
SAVING = {"save", "delete", "asave", "adelete"}
WRITING = {
    "create",
    "bulk_create",
    "bulk_update",
    "update",
    "delete",
    "get_or_create",
    "update_or_create",
    "acreate",
    "aupdate",
}
SQL_WRITE = re.compile(
    r"\b(insert\s+into|update|delete\s+from|copy|truncate)\s+\"?scheduling_", re.IGNORECASE
)


def snake(name):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


INSTANCES = {snake(name) for name in MODELS}


def root_and_path(node):
    """`Term.objects.filter(…).update` → ("Term", ["objects", "filter", "update"])."""
    path = []
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return None, path
    return node.id, path


def writes(source):
    """Lines of `source` that write to a model of scheduling."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            root, path = root_and_path(node.func)
            manager = "objects" in path or "_default_manager" in path
            if (root in MODELS and manager and path[-1] in WRITING) or (
                path[-1] in SAVING and (root in INSTANCES or (root in MODELS and not manager))
            ):
                found.append((node.lineno, f"{root}.{'.'.join(path)}"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL_WRITE.search(node.value):
            found.append((node.lineno, "SQL"))
    return found


@pytest.mark.parametrize(
    ("line", "is_write"),
    [
        ("Term.objects.create(code=1)", True),
        ("Section.objects.filter(pk=1).update(title='x')", True),
        ("Section.objects.filter(pk=1).delete()", True),
        ("section.save(update_fields=['title'])", True),
        ("User(username='x').save()", True),
        ("cursor.execute('COPY scheduling_section FROM STDIN')", True),
        ("Section.objects.filter(pk=1).first()", False),
        ("MergeRun.objects.create(term=term)", False),
        ("run.save()", False),
        ("values.update(title='x')", False),
    ],
)
def test_a_write_is_found(line, is_write):
    assert bool(writes(line)) is is_write


def test_only_the_services_of_scheduling_write_to_its_models():
    files = [
        file
        for package in ("adminconsole", "config", "integration", "phases", "scheduling")
        for file in (ROOT / package).rglob("*.py")
        if not {"migrations", "services"} & set(file.parts)
    ]
    found = {
        f"{file.relative_to(ROOT)}:{line} {what}" for file in files for line, what in writes(file.read_text())
    }
    assert found == set(), "\n" + "\n".join(sorted(found))


# ---- what is kept beside its source (docs/adr/0017, 0018)

BASE = {"baseline", "baseline_theirs"}


def assigned(source):
    """Names of attributes that `source` assigns to."""
    targets = [
        target
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    inner = [one for target in targets for one in ast.walk(target)]
    return {one.attr for one in inner if isinstance(one, ast.Attribute) and isinstance(one.ctx, ast.Store)}


def test_assignments_are_found_in_any_form():
    assert assigned("link.baseline = 1") == {"baseline"}
    assert assigned("self.link.sis_id, link.baseline_theirs = None, {}") == {"sis_id", "baseline_theirs"}
    assert assigned("found = link.baseline") == set()


def test_only_the_link_sets_what_was_agreed_on_so_that_its_kept_edits_go():
    setting = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "integration").rglob("*.py")
        if assigned(file.read_text()) & BASE
    }
    assert setting == {"integration/models/link.py"}


def test_meetings_are_written_only_where_the_first_start_of_their_section_is():
    writing = {
        str(file.relative_to(ROOT))
        for package in ("scheduling", "integration", "adminconsole")
        for file in (ROOT / package).rglob("*.py")
        if re.search(r"MeetingRow\.objects\.bulk_create|copy_rows\(\s*Meeting\._meta", file.read_text())
        or re.search(r"\bMeeting(Row)?\.objects\.(create|update|bulk_update)", file.read_text())
    }
    assert writing == {"scheduling/services/imports.py", "scheduling/services/section_rows.py"}
    for name in writing:
        assert "first_start(" in (ROOT / name).read_text()
