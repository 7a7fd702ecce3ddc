"""Writing an exchange folder so that it appears whole or not at all."""

import csv
import hashlib
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from .exchange import COLUMNS, MANIFEST, MANIFEST_COLUMNS

Table = Iterable[Sequence[object]]


def write_folder(
    directory: Path,
    tables: Mapping[str, Table],
    *,
    leading: Mapping[str, tuple[str, ...]] | None = None,
    has_manifest: bool = False,
) -> None:
    """Write an exchange folder to a hidden sibling, flush it to disk, and rename it.

    Tables that are not given have their header alone; `leading` are extra first columns of a file. Raises
    `FileExistsError` if `directory` is there.
    """
    if directory.exists():
        raise FileExistsError(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = directory.with_name(f".{directory.name}.{os.getpid()}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # left by a process of the same number that died
    partial.mkdir()
    try:
        _write_files(partial, tables, leading or {}, has_manifest=has_manifest)
        _sync(partial)
        partial.rename(directory)
    except BaseException:
        shutil.rmtree(partial)
        raise
    _sync(directory.parent)


def _write_files(
    directory: Path,
    tables: Mapping[str, Table],
    leading: Mapping[str, tuple[str, ...]],
    *,
    has_manifest: bool,
) -> None:
    manifest: list[tuple[object, ...]] = []
    for name, columns in COLUMNS.items():
        path = directory / f"{name}.csv"
        rows = _write_table(path, (*leading.get(name, ()), *columns), tables.get(name, ()))
        if has_manifest:
            with path.open("rb") as binary:
                manifest.append((path.name, rows, hashlib.file_digest(binary, "sha256").hexdigest()))
    if has_manifest:
        _write_table(directory / MANIFEST, MANIFEST_COLUMNS, manifest)


class Lines:
    """Ends rows with a line feed. Left to itself, `csv` would then not quote a carriage return in a text."""

    def __init__(self, text: TextIO) -> None:
        self.text = text

    def write(self, row: str) -> None:
        """Take one row as `csv` ends it."""
        self.text.write(row.removesuffix("\r\n") + "\n")


def _write_table(path: Path, header: Sequence[str], rows: Table) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(Lines(text))
        writer.writerow(header)
        for row in rows:
            writer.writerow(["" if cell is None else cell for cell in row])
            count += 1
        _flush(text)
    return count


def _flush(text: TextIO) -> None:
    text.flush()
    os.fsync(text.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
