"""The exchange folder (CONTRACT.md): strict reading with errors that name file, line and column; writing."""

import csv
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any, TextIO

from .port import BadRecord, Issue, Origin, SisUnavailable, SisUnreadable

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "terms": ("code", "name", "start_date", "end_date"),
    "departments": ("code", "name"),
    "buildings": ("code", "name", "campus"),
    "rooms": ("building", "number", "capacity", "type"),
    "instructors": ("id", "first_name", "last_name", "email", "department"),
    "courses": ("id", "term", "subject", "number", "title", "credits"),
    "sections": (
        "id",
        "term",
        "course_id",
        "section_number",
        "title",
        "status",
        "schedule_type",
        "instruction_mode",
        "campus",
        "part_of_term",
        "start_date",
        "end_date",
        "credits",
        "capacity",
        "waitlist_capacity",
        "enrollment",
        "waitlisted",
        "notes",
    ),
    "meetings": (
        "section_id",
        "id",
        "days",
        "start_time",
        "end_time",
        "building",
        "room",
        "start_date",
        "end_date",
    ),
    "section_instructors": ("section_id", "instructor_id", "percent", "is_primary"),
    "relationships": ("id", "term", "kind", "capacity"),
    "relationship_members": ("relationship_id", "section_id", "is_primary"),
}
OPTIONAL: Mapping[str, tuple[str, ...]] = {
    "sections": ("client_ref",),
    "relationships": ("client_ref",),
}
MANIFEST = "manifest.csv"
Row = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A row with too many or too few fields."""

    cells: tuple[str, ...]
    expected: int


@dataclass(kw_only=True)
class Table:
    """One file being read. `unknown` are columns that are kept out; `digest` is set once it was read."""

    name: str
    path: Path
    columns: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    digest: str = ""
    rows_read: int = 0
    _pick: Callable[[list[str]], Row] = field(default=tuple)
    _width: int = 0

    @property
    def file(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    def fault(self, message: str, *, code: str, line: int | None = None, column: str = "") -> SisUnreadable:
        """An error about this file."""
        return SisUnreadable(message, code=code, origin=Origin(file=self.file, line=line), column=column)

    def rows(self) -> Iterator[tuple[int, Row | Wrong]]:
        """(line, row in the order of `columns`), each line checked. Raises `SisUnreadable`."""
        hasher = hashlib.sha256()
        self.rows_read = 0
        try:
            with self.path.open("rb") as binary:
                reader = csv.reader(self._lines(binary, hasher), strict=True)
                header = next(reader, None)
                if header is None:
                    raise self.fault(
                        f"{self.file} is empty; it needs at least the header line {','.join(COLUMNS[self.name])}.",
                        code="NO_HEADER",
                        line=1,
                    )
                self._read_header(header)
                for cells in reader:
                    if not cells:
                        continue
                    self.rows_read += 1
                    if len(cells) != self._width:
                        yield reader.line_num, Wrong(cells=tuple(cells), expected=self._width)
                    else:
                        yield reader.line_num, self._pick(cells)
        except csv.Error as error:
            raise self.fault(
                f"{self.file} cannot be read as CSV near line {reader.line_num}: {error}. "
                "A quote may be open, or the file was cut off; send it again.",
                code="MALFORMED_CSV",
                line=reader.line_num,
            ) from error
        except FileNotFoundError:
            raise self.fault(
                f"{self.file} is missing; a folder has all eleven files, a header alone means none.",
                code="MISSING_FILE",
            ) from None
        self.digest = hasher.hexdigest()

    def _lines(self, binary: Any, hasher: Any) -> Iterator[str]:
        number, raw = 0, b"\n"
        for number, raw in enumerate(binary, start=1):
            hasher.update(raw)
            if b"\x00" in raw:
                raise self.fault(
                    f"{self.file} has a NUL byte in line {number}; remove it and send the file again.",
                    code="NUL_BYTE",
                    line=number,
                )
            try:
                yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise self.fault(
                    f"{self.file} is not UTF-8: line {number}, byte {error.start + 1} is "
                    f"0x{raw[error.start]:02x}. Save the file as UTF-8.",
                    code="WRONG_ENCODING",
                    line=number,
                ) from None
        if not raw.endswith(b"\n"):
            raise self.fault(
                f"{self.file} ends in the middle of line {number}: the last line has no line end. "
                "It was cut off, or still being written; send the whole file again.",
                code="TRUNCATED",
                line=number,
            )

    def _read_header(self, header: list[str]) -> None:
        names = [name.strip() for name in header]
        wanted = (*COLUMNS[self.name], *(n for n in OPTIONAL.get(self.name, ()) if n in names))
        for name in wanted:
            if names.count(name) == 0:
                raise self.fault(
                    f"{self.file} has no column {name!r}; its header must name {','.join(COLUMNS[self.name])}.",
                    code="MISSING_COLUMN",
                    line=1,
                    column=name,
                )
            if names.count(name) > 1:
                raise self.fault(
                    f"{self.file} has the column {name!r} more than once; keep one.",
                    code="DUPLICATE_COLUMN",
                    line=1,
                    column=name,
                )
        self.columns = wanted
        self.unknown = tuple(name for name in names if name not in wanted)
        self._width = len(names)
        self._pick = itemgetter(*(names.index(name) for name in wanted))


def width_issue(table: Table, line: int, wrong: Wrong, record: str) -> Issue:
    """The sentence for a row of the wrong width."""
    found = len(wrong.cells)
    kind, code = ("many", "TOO_MANY_FIELDS") if found > wrong.expected else ("few", "TOO_FEW_FIELDS")
    return Issue(
        code=code,
        message=f"{table.file} line {line} has {found} fields, the header has {wrong.expected}: too {kind}. "
        "Put quotes around text with commas, and send the row again.",
        record=record,
        origin=Origin(file=table.file, line=line),
        column=table.columns[-1],
    )


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

    def table(self, name: str) -> Table:
        """One of its files."""
        return Table(name=name, path=self.path / f"{name}.csv")

    def check_present(self) -> None:
        """Raise `SisUnavailable` if the folder is not there, `SisUnreadable` if a file of it is not."""
        if not self.path.is_dir():
            raise SisUnavailable(f"The exchange folder {self.path} is not there; check SIS_URL.")
        for name in COLUMNS:
            table = self.table(name)
            if not table.path.is_file():
                raise table.fault(
                    f"{table.file} is missing from {self.path}; a folder has all eleven files, "
                    "a header alone means none.",
                    code="MISSING_FILE",
                )

    def check_manifest(self, names: Sequence[str]) -> bool:
        """Whether a manifest proves these files; raises `SisUnreadable` where it says something else."""
        path = self.path / MANIFEST
        if not path.is_file():
            return False
        with path.open(encoding="utf-8-sig", newline="") as text:
            listed = {row.get("file", ""): row for row in csv.DictReader(text)}
        for name in names:
            table = self.table(name)
            row = listed.get(table.file) or listed.get(name)
            if row is None:
                raise table.fault(f"{MANIFEST} does not list {table.file}.", code="NOT_IN_MANIFEST")
            with table.path.open("rb") as binary:
                found = hashlib.file_digest(binary, "sha256").hexdigest()
            if found != (row.get("sha256") or "").strip().lower():
                raise table.fault(
                    f"{table.file} is not the file that {MANIFEST} vouches for: the folder is half-written "
                    "or was changed afterwards. Wait for the whole drop, or send it again.",
                    code="MANIFEST_MISMATCH",
                )
        return True


# ---- writing


def write_folder(
    directory: Path,
    tables: Mapping[str, Iterable[Sequence[object]]],
    *,
    leading: Mapping[str, tuple[str, ...]] | None = None,
    has_manifest: bool = False,
) -> None:
    """Write an exchange folder that appears whole, by rename. `leading`: extra first columns of a file.

    Tables that are not given have their header alone. Raises `FileExistsError` if `directory` is there.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = directory.with_name(f".{directory.name}.{os.getpid()}.partial")
    partial.mkdir()
    manifest = []
    for name, columns in COLUMNS.items():
        header = (*(leading or {}).get(name, ()), *columns)
        rows = _write_table(partial / f"{name}.csv", header, tables.get(name, ()))
        manifest.append((partial / f"{name}.csv", rows))
    if has_manifest:
        _write_manifest(partial / MANIFEST, manifest)
    partial.rename(directory)
    _sync(directory.parent)


def _write_table(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(["" if cell is None else cell for cell in row])
            count += 1
        _flush(text)
    return count


def _write_manifest(path: Path, files: Iterable[tuple[Path, int]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("file", "rows", "sha256"))
        for file, rows in files:
            writer.writerow((file.name, rows, hashlib.sha256(file.read_bytes()).hexdigest()))
        _flush(text)


def _flush(text: TextIO) -> None:
    text.flush()
    os.fsync(text.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
