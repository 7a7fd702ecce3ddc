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


def page_table(shown: Mapping[int, Figures]) -> str:
    """Every page by the size of its term, and whether it holds its target, if any, in the smaller of them."""
    sizes = sorted(shown)
    small = shown[sizes[0]]
    rival = float(small["rival"]["ms"])
    rows = [
        [
            name,
            *(_page_figures(shown[size]["pages"][name]) for size in sizes),
            str(page["queries"]),
            f"{page['ms'] / rival:.2f}",
            f"{page['most_ms']:g} ms: {_held(page)}" if page["most_ms"] else "",
        ]
        for name, page in small["pages"].items()
    ]
    rivals = [_page_figures(shown[size]["rival"]) for size in sizes]
    rows.append(["Django's admin: the same sections", *rivals, str(small["rival"]["queries"]), "1", ""])
    targets = [*(f"{size:,} sections" for size in sizes), "queries", "of the admin's", "allowed"]
    return table(["page: milliseconds (our CPU + the database's)", *targets], rows)


def _page_figures(page: Figures) -> str:
    if page["ms"] < 1:
        return f"{page['ms']:.2f}"
    return f"{page['ms']:.0f} ({page['cpu_ms']:.0f} + {page['server_ms']:.0f})"


def _held(page: Figures) -> str:
    """By the clock; where other work on the machine stood in the way, by what the page itself took."""
    if page["ms"] <= page["most_ms"]:
        return "held"
    return "held by CPU" if page["cpu_ms"] + page["server_ms"] <= page["most_ms"] else "NOT HELD"


def page_differences(shown: Mapping[int, Figures]) -> list[str]:
    """A sentence for each page whose queries are more, or fewer, in a larger term."""
    found = {size: {name: one["queries"] for name, one in shown[size]["pages"].items()} for size in shown}
    small, large = min(found), max(found)
    return [
        f"{name!r} takes {count} queries with {small:,} sections and {found[large][name]} with {large:,}."
        for name, count in found[small].items()
        if count != found[large][name]
    ]
