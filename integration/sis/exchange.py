"""Reading the exchange folder (CONTRACT.md): strict, streaming, errors with file, line and column."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from .port import BadRecord, Issue, Origin, SisUnavailable, SisUnreadable

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
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
Row = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A row with too many or too few fields."""

    cells: Row
    expected: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Vouched:
    """What the manifest says of one file."""

    rows: str
    sha256: str


@dataclass(kw_only=True)
class Table:
    """One file being read, as often as needed: every reading must find the same bytes.

    `unknown` are columns that are kept out; `digest` (hex sha256 of the file) is set once it was read to its
    end; `vouched` is what the manifest says it must be.
    """

    name: str
    path: Path
    wanted: tuple[str, ...]
    optional: tuple[str, ...] = ()
    vouched: Vouched | None = None
    columns: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    digest: str = ""
    _width: int = 0
    _pick: Callable[[Sequence[str]], Row] = field(default=tuple)
    _is_open_ended: bool = False

    @property
    def file(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    def fault(self, message: str, *, code: str, line: int | None = None, column: str = "") -> SisUnreadable:
        """An error about this file."""
        return SisUnreadable(message, code=code, origin=Origin(file=self.file, line=line), column=column)

    def rows(self) -> Iterator[tuple[int, Row | Wrong]]:
        """(first line, cells in the order of `columns`) of each row. Raises `SisUnreadable`."""
        hasher, count, line = hashlib.sha256(), 0, 1
        self._is_open_ended = False
        try:
            with self.path.open("rb") as binary:
                reader = csv.reader(self._lines(binary, hasher.update), strict=True)
                self._read_header(next(reader, []))
                pick, width, line = self._pick, self._width, reader.line_num + 1
                for cells in reader:
                    if cells:
                        count += 1
                        if self._is_open_ended:
                            self._check_last(line, cells)
                        if len(cells) == width:
                            yield line, pick(cells)
                        else:
                            yield line, Wrong(cells=tuple(cells), expected=width)
                    line = reader.line_num + 1
        except csv.Error as error:
            raise self._malformed(line, error) from error
        except FileNotFoundError:
            raise self.missing() from None
        except OSError as error:
            raise SisUnavailable(f"{self.path} cannot be opened: {error.strerror}.") from error
        self._check_whole(hasher.hexdigest(), count)

    def missing(self) -> SisUnreadable:
        """The error for a file that is not there."""
        return self.fault(
            f"{self.file} is missing from {self.path.parent}; a folder has all eleven files, a header alone "
            "means none.",
            code="MISSING_FILE",
        )

    def _lines(self, binary: BinaryIO, update: Callable[[bytes], None]) -> Iterator[str]:
        encoding = "utf-8-sig"  # a byte order mark is tolerated on the first line
        for number, raw in enumerate(binary, start=1):
            update(raw)
            if number == 1 and raw.startswith(UTF16_MARKS):
                raise self.fault(
                    f"{self.file} is UTF-16, not UTF-8; save the file as UTF-8.",
                    code="WRONG_ENCODING",
                    line=1,
                )
            if b"\x00" in raw:
                raise self.fault(
                    f"{self.file} has a NUL byte in line {number}, byte {raw.index(0) + 1}; remove it and "
                    "send the file again.",
                    code="NUL_BYTE",
                    line=number,
                )
            self._is_open_ended = not raw.endswith(b"\n")
            try:
                yield raw.decode(encoding)
            except UnicodeDecodeError as error:
                raise self.fault(
                    f"{self.file} is not UTF-8: line {number}, byte {error.start + 1} is "
                    f"0x{raw[error.start]:02x}. Save the file as UTF-8.",
                    code="WRONG_ENCODING",
                    line=number,
                ) from None
            encoding = "utf-8"

    def _read_header(self, header: Sequence[str]) -> None:
        names = [name.strip() for name in header]
        listed = ",".join(self.wanted)
        if not names:
            raise self.fault(
                f"{self.file} is empty; it needs at least the header line {listed}.", code="NO_HEADER", line=1
            )
        columns = (*self.wanted, *(name for name in self.optional if name in names))
        for name in columns:
            if name not in names:
                raise self.fault(
                    f"{self.file} has no column {name!r}; add it, the header must name {listed}.",
                    code="MISSING_COLUMN",
                    line=1,
                    column=name,
                )
            if names.count(name) > 1:
                raise self.fault(
                    f"{self.file} has the column {name!r} {names.count(name)} times; keep one.",
                    code="DUPLICATE_COLUMN",
                    line=1,
                    column=name,
                )
        self.columns = columns
        self.unknown = tuple(name for name in names if name not in columns)
        self._width = len(names)
        self._pick = itemgetter(*(names.index(name) for name in columns))

    def _check_last(self, line: int, cells: Sequence[str]) -> None:
        """Judge a last row without a line end: RFC 4180 allows it, and a file that was cut off has it too.

        It is whole only if nothing can be lost at its end: the last field is blank, a whole date, or a value
        that other rows have too. A manifest needs no such guess.
        """
        last = cells[-1]
        is_whole = len(cells) >= self._width and (
            self.vouched is not None
            or not last
            or re.fullmatch(r"\d{4}-\d\d-\d\d", last)
            or self._stands_elsewhere(line, last)
        )
        if not is_whole:
            raise self.fault(
                f"{self.file} ends in the middle of line {line}: the last line has no line end. It was cut "
                "off, or is still being written; send the whole file again.",
                code="TRUNCATED",
                line=line,
                column=self.columns[min(len(cells), len(self.columns)) - 1],
            )

    def _stands_elsewhere(self, line: int, last: str) -> bool:
        with self.path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text)
            return any(cells and cells[-1] == last and reader.line_num < line for cells in reader)

    def _malformed(self, line: int, error: csv.Error) -> SisUnreadable:
        if "unexpected end of data" in str(error):
            message = (
                f"{self.file} ends inside the quoted text that begins in line {line}: it was cut off, or a "
                "quote is not closed; send the whole file again."
            )
            return self.fault(message, code="TRUNCATED", line=line)
        message = (
            f"{self.file} line {line} cannot be read as CSV: {error}. Put quotes around text with quotes, "
        )
        return self.fault(message + "doubled inside, and send it again.", code="MALFORMED_CSV", line=line)

    def _check_whole(self, digest: str, count: int) -> None:
        if self.digest and self.digest != digest:
            raise self.fault(
                f"{self.file} was changed while it was being read; run it again once the SIS has finished.",
                code="CHANGED_WHILE_READ",
            )
        self.digest = digest
        says = self.vouched
        if says is not None and (says.sha256 != digest or (says.rows and says.rows != str(count))):
            raise self.fault(
                f"{self.file} has {count} rows and is not the file that {MANIFEST} vouches for ({says.rows} "
                "rows): the folder is half-written or was changed afterwards. Wait for the whole drop, or "
                "send it again.",
                code="MANIFEST_MISMATCH",
            )


def width_issue(table: Table, line: int, wrong: Wrong, record: str) -> Issue:
    """The sentence for a row of the wrong width."""
    found = len(wrong.cells)
    is_many = found > wrong.expected
    fix = (
        "put quotes around text that has a comma"
        if is_many
        else "write every column, blank where there is nothing"
    )
    return Issue(
        code="TOO_MANY_FIELDS" if is_many else "TOO_FEW_FIELDS",
        message=f"{table.file} line {line} has {found} fields, its header {wrong.expected}: too "
        f"{'many' if is_many else 'few'}; {fix}, and send it again.",
        record=record,
        origin=Origin(file=table.file, line=line),
        column=table.columns[-1] if is_many else table.columns[min(found, len(table.columns) - 1)],
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
