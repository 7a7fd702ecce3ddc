"""The exchange folder (docs/reference/exchange-folder.md): its files, their columns, its manifest."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .exchange_table import Table, Vouched, Wrong, width_issue
from .port import BadRecord, Issue, Origin, SisUnavailable

COLUMNS: Mapping[str, tuple[str, ...]] = {
    name: tuple(columns.split(","))
    for name, columns in {
        "terms": "code,name,start_date,end_date",
        "departments": "code,name",
        "buildings": "code,name,campus",
        "rooms": "building,number,capacity,type",
        "instructors": "id,first_name,last_name,email,department",
        "courses": "id,term,subject,number,title,credits",
        "sections": "id,term,course_id,section_number,title,status,schedule_type,instruction_mode,campus,"
        "part_of_term,start_date,end_date,credits,capacity,waitlist_capacity,enrollment,waitlisted,notes",
        "meetings": "section_id,id,days,start_time,end_time,building,room,start_date,end_date",
        "section_instructors": "section_id,instructor_id,percent,is_primary",
        "relationships": "id,term,kind,capacity",
        "relationship_members": "relationship_id,section_id,is_primary",
    }.items()
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {"sections": ("client_ref",), "relationships": ("client_ref",)}
MANIFEST = "manifest.csv"
MANIFEST_COLUMNS = ("file", "rows", "sha256")


def unknown_columns(table: Table) -> Iterator[BadRecord]:
    """A notice for the columns that are kept out."""
    if table.unknown:
        names = ", ".join(repr(name) for name in table.unknown)
        issue = Issue(
            code="UNKNOWN_COLUMN",
            message=f"{table.file} has columns that Tandem does not know and leaves out: {names}.",
            origin=Origin(file=table.file, line=1),
            column=table.unknown[0],
        )
        yield BadRecord(sis_id="", issues=(issue,), is_notice=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    """An exchange folder on disk."""

    path: Path

    def tables(self, names: Sequence[str]) -> tuple[Table, ...]:
        """Its files, each with what the manifest says of it.

        Raises `SisUnavailable` if the folder is not there, `SisUnreadable` if one of the eleven files is not,
        or if there is a manifest that does not list one of `names`.
        """
        if not self.path.is_dir():
            raise SisUnavailable(f"The exchange folder {self.path} is not there; check SIS_URL.")
        for name in COLUMNS:
            table = self._table(name)
            if not table.path.is_file():
                raise table.missing()
        manifest = self._manifest()
        return tuple(self._table(name, manifest) for name in names)

    def digest(self, read: Sequence[Table]) -> str:
        """Of the content of all eleven files; those just `read` are not read again."""
        known = {table.name: table.digest for table in read}
        whole = hashlib.sha256()
        for name in COLUMNS:
            whole.update((known.get(name) or self._table(name).content_digest()).encode())
        return whole.hexdigest()

    def _table(self, name: str, manifest: Mapping[str, Vouched] | None = None) -> Table:
        path = self.path / f"{name}.csv"
        table = Table(name=name, path=path, wanted=COLUMNS[name], optional=OPTIONAL.get(name, ()))
        if manifest is not None:
            table.vouched = manifest.get(table.file) or manifest.get(name)
            if table.vouched is None:
                raise table.fault(f"{MANIFEST} does not list {table.file}; add it.", code="NOT_IN_MANIFEST")
        return table

    def _manifest(self) -> Mapping[str, Vouched] | None:
        """File name -> what it must be; None where there is no manifest, so nothing is proven."""
        path = self.path / MANIFEST
        if not path.exists():
            return None
        table = Table(name="manifest", path=path, wanted=MANIFEST_COLUMNS)
        found: dict[str, Vouched] = {}
        for line, row in table.rows():
            if isinstance(row, Wrong):
                issue = width_issue(table, line, row, "")
                raise table.fault(issue.message, code=issue.code, line=line, column=issue.column)
            file, rows, digest = (cell.strip() for cell in row)
            found[file] = Vouched(rows=rows, sha256=digest.lower())
        return found
