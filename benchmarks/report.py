"""The tables that `make bench` prints."""

from collections.abc import Mapping, Sequence
from typing import Any

LEAST_SECONDS = 0.05
"""Below that the clock's grain says more than the ratio."""
Figures = Mapping[str, Any]
Results = Mapping[int, Mapping[str, Figures]]
"""Sections -> piece of work -> its figures."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns under each other; the first to the left, the others to the right."""
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| "
        + " | ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |"
        for line in lines
    )


def _figures(figures: Figures) -> str:
    cpu = f"{figures['cpu_seconds']:.2f} + {figures['server_seconds']:.2f}"
    return f"{figures['wall_seconds']:.2f} s ({cpu}) {figures['memory_mb']:.0f} MB"


def _work_seconds(figures: Figures) -> float:
    return float(figures["cpu_seconds"] + figures["server_seconds"])


def work_table(results: Results, pieces: Mapping[str, str]) -> str:
    """Clock (our CPU + the database's), growth of memory; how many times the CPU the largest size takes."""
    sizes = sorted(results)
    rows = []
    for piece, words in pieces.items():
        cells = [_figures(results[size][piece]) for size in sizes]
        small, large = (_work_seconds(results[size][piece]) for size in sizes[-2:])
        rows.append([words, *cells, f"{large / small:.1f} times" if small > LEAST_SECONDS else ""])
    return table(["work", *(f"{size:,} sections" for size in sizes), "CPU of last / one before"], rows)


def query_table(results: Results, pieces: Mapping[str, str]) -> str:
    """Statements of each piece of work, reads + writes."""
    sizes = sorted(results)
    rows = [
        [
            words,
            *(
                f"{queries.get('read', 0)} + {queries.get('write', 0)}"
                for queries in (results[size][piece]["queries"] for size in sizes)
            ),
        ]
        for piece, words in pieces.items()
    ]
    return table(["queries, reads + writes", *(f"{size:,}" for size in sizes)], rows)


def step_table(figures: Mapping[str, Figures]) -> str:
    """Where the time of the merges goes, by the steps that the runs recorded."""
    rows = [
        [piece, step, f"{seconds:.2f} s"]
        for piece, one in figures.items()
        for step, seconds in one["facts"].get("steps", {}).items()
        if step.startswith("sections")
    ]
    return table(["merge", "step", "time"], rows)


def target_table(figures: Mapping[str, Figures]) -> str:
    """The targets against the largest size's figures."""
    first, same, changed, other = (
        figures[name] for name in ("first load", "unchanged", "changed", "diffsync")
    )
    seconds, memory = "wall_seconds", "memory_mb"
    lines = (
        ("first load", first[seconds], 60, "s"),
        ("nothing changed", same[seconds], 8, "s"),
        ("nothing changed, memory", same[memory], 300, "MB"),
        (
            "1 % changed on each side and sent, beyond nothing changed",
            changed[seconds] - same[seconds],
            12,
            "s",
        ),
        ("1 % changed, time against diffsync", changed[seconds] / other[seconds], 1 / 3, "of it"),
        ("1 % changed, memory against diffsync", changed[memory] / other[memory], 1 / 3, "of it"),
    )
    rows = [
        [words, f"{found:.2f} {unit}", f"≤ {limit:.3g} {unit}", "yes" if found <= limit else "NO"]
        for words, found, limit, unit in lines
    ]
    return table(["target", "measured", "allowed", "held"], rows)
