"""Cells and lines of files that people open in a spreadsheet."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A spreadsheet takes a cell that begins like this for a formula."""
MARK = "\ufeff"
"""Tells spreadsheets that the file is UTF-8."""


class Line:
    """A file that keeps nothing: the writer's line is what `write` returns."""

    def write(self, line: str) -> str:
        return line


def guarded(cell: str) -> str:
    """`cell`, never a formula: one that begins like it gets a leading apostrophe."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell
