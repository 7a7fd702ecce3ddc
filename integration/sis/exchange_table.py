"""Reading one file of an exchange folder: strict, streaming, errors with file, line, column and the fix."""

import csv
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO

from .port import Issue, Origin, SisUnavailable, SisUnreadable

UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
Row = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A row whose number of fields, `found`, is not the header's. `cells`: what stands in each column."""

    cells: Row
    found: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Vouched:
    """What the manifest says of one file."""

    rows: str
    sha256: str


class BadByte(Exception):
    """A byte that no text can have: where it stands, which it is, and the sentence."""

    def __init__(self, code: str, message: str, *, line: int, place: int) -> None:
        super().__init__(message)
        self.code = code
        self.line = line
        self.place = place


@dataclass(kw_only=True)
class Table:
    """One file being read, as often as needed: every reading must find the same bytes.

    `header` is what stands in the file, `columns` what is taken of it (`wanted`, then `optional`), `unknown`
    what is kept out; `digest` (hex sha256 of the file) is set once it was read to its end; `vouched` is what
    the manifest says it must be. Lines are physical ones, from 1; a record that goes over several has the
    number of its first.
    """

    name: str
    path: Path
    wanted: tuple[str, ...]
    optional: tuple[str, ...] = ()
    vouched: Vouched | None = None
    columns: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    digest: str = ""
    header: tuple[str, ...] = ()
    _pick: Callable[[Sequence[str]], Row] = field(default=tuple)
    _is_open_ended: bool = False

    @property
    def file(self) -> str:
        """The file's name, for messages."""
        return self.path.name

    def fault(self, message: str, *, code: str, line: int | None = None, column: str = "") -> SisUnreadable:
        """An error about this file."""
        return SisUnreadable(message, code=code, origin=Origin(file=self.file, line=line), column=column)

    def missing(self) -> SisUnreadable:
        """The error for a file that is not there."""
        return self.fault(
            f"{self.file} is missing from {self.path.parent}; a folder has all eleven files, a header alone "
            "means none.",
            code="MISSING_FILE",
        )

    def rows(self) -> Iterator[tuple[int, Row | Wrong]]:
        """(line, cells in the order of `columns`) of each row. Raises `SisUnreadable`."""
        hasher, count, line = hashlib.sha256(), 0, 1
        try:
            with self.path.open("rb") as binary:
                reader = csv.reader(self._lines(binary, hasher.update), strict=True)
                self._read_header(next(reader, []))
                pick, width, line = self._pick, len(self.header), reader.line_num + 1
                for cells in reader:
                    if cells:
                        count += 1
                        if self._is_open_ended:
                            self._check_last(line, cells)
                        if len(cells) == width:
                            yield line, pick(cells)
                        else:
                            yield line, self._wrong(cells)
                    line = reader.line_num + 1
        except BadByte as bad:
            column = self._column_at(line, bad.line, bad.place)
            raise self.fault(str(bad), code=bad.code, line=bad.line, column=column) from None
        except csv.Error as error:
            raise self._malformed(line, str(error)) from None
        except FileNotFoundError:
            raise self.missing() from None
        except OSError as error:
            raise SisUnavailable(f"{self.path} cannot be opened: {error.strerror}.") from error
        self._check_whole(hasher.hexdigest(), count)

    def _wrong(self, cells: Sequence[str]) -> Wrong:
        padded = [*cells, *[""] * len(self.header)]
        return Wrong(cells=self._pick(padded), found=len(cells))

    def _lines(self, binary: BinaryIO, update: Callable[[bytes], None]) -> Iterator[str]:
        encoding = "utf-8-sig"  # a byte order mark is tolerated on the first line
        for number, raw in enumerate(binary, start=1):
            update(raw)
            if number == 1 and raw.startswith(UTF16_MARKS):
                message = f"{self.file} is UTF-16, not UTF-8; save the file as UTF-8."
                raise BadByte("WRONG_ENCODING", message, line=1, place=0)
            if b"\x00" in raw:
                place = raw.index(0)
                message = (
                    f"{self.file} has a NUL byte in line {number}, byte {place + 1}; remove it and send the "
                    "file again."
                )
                raise BadByte("NUL_BYTE", message, line=number, place=place)
            self._is_open_ended = not raw.endswith(b"\n")
            try:
                yield raw.decode(encoding)
            except UnicodeDecodeError as error:
                message = (
                    f"{self.file} is not UTF-8: line {number}, byte {error.start + 1} is "
                    f"0x{error.object[error.start]:02x}. Save the file as UTF-8."
                )
                raise BadByte("WRONG_ENCODING", message, line=number, place=error.start) from None
            encoding = "utf-8"

    def _read_header(self, header: Sequence[str]) -> None:
        names = tuple(name.strip() for name in header)
        listed = ",".join(self.wanted)
        if not names:
            raise self.fault(
                f"{self.file} has no header; its first line must be {listed}.", code="NO_HEADER", line=1
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
        self.header = names
        self._pick = itemgetter(*(names.index(name) for name in columns))

    def _check_last(self, line: int, cells: Sequence[str]) -> None:
        """Judge a last row without a line end: RFC 4180 allows it, and a file that was cut off has it too.

        It is whole only if nothing can be lost at its end: the last field is blank, a whole date, or a value
        that other rows have too. A manifest needs no such guess.
        """
        last = cells[-1]
        is_whole = len(cells) >= len(self.header) and (
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
                column=self.header[min(len(cells), len(self.header)) - 1],
            )

    def _stands_elsewhere(self, line: int, last: str) -> bool:
        with self.path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text)
            return any(cells and cells[-1] == last and reader.line_num < line for cells in reader)

    def _malformed(self, line: int, error: str) -> SisUnreadable:
        column = self._column_at(line)
        at = f"{self.file} line {line}" + (f", column {column!r}" if column else "")
        if "unexpected end of data" in error:
            message = (
                f"{self.file} ends inside the quoted text that begins in line {line}"
                + (f", column {column!r}" if column else "")
                + ": it was cut off, or a quote is not closed; send the whole file again."
            )
            return self.fault(message, code="TRUNCATED", line=line, column=column)
        if "field larger" in error:
            problem = f"a text of more than {csv.field_size_limit()} characters begins here"
        elif "new-line" in error:
            problem = "a line ends with a carriage return alone"
        else:
            problem = "there is text after a closing quote"
        message = (
            f"{at} cannot be read as CSV: {problem}. Close every quote, write a quote inside quoted text "
            "twice, end every line with a line feed, and send the file again."
        )
        return self.fault(message, code="MALFORMED_CSV", line=line, column=column)

    def _column_at(self, start: int, end: int | None = None, place: int = 0) -> str:
        """The column in which the record that begins in line `start` breaks the form; blank in the header.

        With `end`: in which byte `place` of that line stands.
        """
        if not self.header:
            return ""
        with self.path.open("rb") as binary:
            lines = list(islice(binary, start - 1, end))
        if end is not None:
            lines[-1] = lines[-1][:place]
        index = broken_field(b"".join(lines).decode(errors="replace"))
        return self.header[min(index, len(self.header) - 1)]

    def _check_whole(self, digest: str, count: int) -> None:
        if self.digest and self.digest != digest:
            raise self.changed()
        self.digest = digest
        says = self.vouched
        if says is not None and (says.sha256 != digest or (says.rows and says.rows != str(count))):
            raise self.fault(
                f"{self.file} has {count} rows and is not the file that the manifest vouches for "
                f"({says.rows or 'unknown'} rows): the folder is half-written or was changed afterwards. "
                "Wait for the whole drop, or send it again.",
                code="MANIFEST_MISMATCH",
            )

    def changed(self) -> SisUnreadable:
        """The error for a file that was written while it was being read."""
        return self.fault(
            f"{self.file} was changed while it was being read; run it again once the SIS has finished.",
            code="CHANGED_WHILE_READ",
        )

    def content_digest(self) -> str:
        """The hex sha256 of the file as it is now, unread."""
        try:
            with self.path.open("rb") as binary:
                return hashlib.file_digest(binary, "sha256").hexdigest()
        except FileNotFoundError:
            raise self.missing() from None

    def stamp(self) -> tuple[int, int, int]:
        """Changes when the file is written or replaced."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise self.missing() from None
        return found.st_ino, found.st_size, found.st_mtime_ns


def broken_field(text: str) -> int:
    """The index of the field in which a record first breaks the form of RFC 4180, or else ends."""
    index, size, is_quoted, is_closed = 0, 0, False, False
    for char in text:
        if is_quoted:
            is_quoted, is_closed = char != '"', char == '"'
        elif char == ",":
            index, size, is_closed = index + 1, -1, False
        elif char == '"' and (size == 0 or is_closed):  # it opens, or it is the second of a doubled one
            is_quoted, is_closed = True, False
        elif is_closed or char in "\r\n":
            return index
        size += 1
        if size > csv.field_size_limit():
            return index
    return index


def width_issue(table: Table, line: int, wrong: Wrong, record: str) -> Issue:
    """The sentence for a row of the wrong width."""
    expected = len(table.header)
    is_many = wrong.found > expected
    fix = (
        "put quotes around text that has a comma"
        if is_many
        else "write every column, blank where there is nothing"
    )
    return Issue(
        code="TOO_MANY_FIELDS" if is_many else "TOO_FEW_FIELDS",
        message=f"{table.file} line {line} has {wrong.found} fields, its header {expected}: too "
        f"{'many' if is_many else 'few'}; {fix}, and send it again.",
        record=record,
        origin=Origin(file=table.file, line=line),
        column=table.header[min(wrong.found, expected - 1)],
    )
