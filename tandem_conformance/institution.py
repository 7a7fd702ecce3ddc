"""A small institution in which every kind of record occurs, and the exchange folders made from it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from integration.sis.exchange import COLUMNS
from integration.sis.exchange_writing import write_folder

TERM, OTHER_TERM = "20241", "20243"
STARTS, ENDS = "2024-09-05", "2024-12-17"
NOTE = 'Bring "Meditations",\nline two; naïve café'


Row = tuple[str, ...]


def section(sis_id: str, course: str, number: str, title: str, *rest: str, term: str = TERM) -> Row:
    """A row of sections.csv; `rest` replaces credits, capacity, waitlist, enrollment, waitlisted, notes."""
    end = rest or ("1.00", "30", "5", "0", "0", "")
    kind = ("ACTIVE", "LEC", "P", "MAIN", "1")
    return (sis_id, term, course, number, title, *kind, STARTS, ENDS, *end)


TABLES: Mapping[str, Sequence[Row]] = {
    "terms": [(TERM, "Fall 2024", STARTS, ENDS), (OTHER_TERM, "Spring 2025", "2025-02-06", "2025-05-22")],
    "departments": [("ART", "Art"), ("MATH", "Mathematics")],
    "buildings": [("TOH", "Tomson Hall", "MAIN"), ("RNS", "Regents", "MAIN"), ("Online", "Online", "")],
    "rooms": [("TOH", "300", "30", "CLASSROOM"), ("RNS", "204", "40", "LAB")],
    "instructors": [
        ("I1", "Orla", "Farris", "orla@example.edu", "ART"),
        ("I2", "Gus", "Castell", "", "MATH"),
        ("I3", "Ann", "Onym", "", ""),
    ],
    "courses": [
        ("ART101", TERM, "ART", "101", "Drawing", "1.00"),
        ("MATH120", TERM, "MATH", "120", "Calculus I", "1.00"),
        ("MATH126", TERM, "MATH", "126", "Independent Study", ""),
        ("ART101-S", OTHER_TERM, "ART", "101", "Drawing", "1.00"),
    ],
    "sections": [
        section("S001", "ART101", "A", "Drawing"),
        section("S002", "MATH120", "A", "Calculus I"),
        section("S003", "MATH120", "B", "Calculus I, online"),
        section("S004", "MATH126", "A", "Independent Study", "", "0", "0", "0", "0", NOTE),
        section("S005", "ART101", "B", "Drawing", "1.00", "18", "5", "12", "1", ""),
        section("S006", "MATH120", "C", "Calculus I"),
        section("T001", "ART101-S", "A", "Drawing", term=OTHER_TERM),
    ],
    "meetings": [
        ("S001", "1", "TR", "08:00", "09:20", "TOH", "300", STARTS, ENDS),
        ("S002", "1", "MWF", "11:50", "12:45", "RNS", "204", STARTS, ENDS),
        ("S002", "2", "R", "13:00", "14:00", "RNS", "204", STARTS, ENDS),
        ("S003", "1", "", "", "", "Online", "", STARTS, ENDS),
        ("T001", "1", "TR", "08:00", "09:20", "TOH", "300", "2025-02-06", "2025-05-22"),
    ],
    "section_instructors": [
        ("S001", "I1", "50", "True"),
        ("S001", "I3", "50", "False"),
        ("S002", "I2", "100", "True"),
        ("T001", "I1", "100", "True"),
    ],
    "relationships": [("X001", TERM, "CROSSLIST", "40"), ("L001", TERM, "LINKED", "")],
    "relationship_members": [
        ("X001", "S001", "True"),
        ("X001", "S005", "False"),
        ("L001", "S003", "False"),
        ("L001", "S006", "False"),
    ],
}


def ids(merge_type: str, term: str = "") -> list[str]:
    """The SIS ids of a type (and term) in the institution."""
    if merge_type == "rooms":
        return [f"{row[0]}/{row[1]}" for row in TABLES[merge_type]]
    return [row[0] for row in TABLES[merge_type] if not term or row[1] == term]


def write_institution(directory: Path, *, has_manifest: bool = False, **tables: Sequence[Row]) -> Path:
    """Write the institution, with some tables replaced, as an exchange folder; return `directory`."""
    write_folder(directory, {**TABLES, **tables}, has_manifest=has_manifest)
    return directory


def replace_in(directory: Path, name: str, old: str, new: str) -> None:
    """Replace a text that occurs in a file of the folder, byte for byte."""
    path = directory / f"{name}.csv"
    content = path.read_bytes()
    before, after = old.encode(), new.encode()
    assert before in content, f"{old!r} does not occur in {path.name}"
    path.write_bytes(content.replace(before, after, 1))


assert all(len(row) == len(COLUMNS[name]) for name, rows in TABLES.items() for row in rows)
