"""One piece of work in a fresh process: `python -m benchmarks.piece NAME TERM [NUMBER]`; prints JSON."""

import json
import sys

import django
import structlog

django.setup()
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))  # errors only

from benchmarks import busy_term, diffsync_compare, edits, floors, merges, pages  # noqa: E402  # models need Django set up
from benchmarks.measuring import Measured  # noqa: E402  # the same

PIECES = {
    "reference data": merges.load_reference_data,
    "first load": merges.load_sections,
    "relationships": merges.load_relationships,
    "unchanged": merges.merge_sections,
    "edits": edits.edit_both_sides,
    "diffsync": diffsync_compare.compare,
    "changed": merges.merge_sections,
    "a busy day": busy_term.make_busy,
    "pages": pages.measure_pages,
    **floors.FLOORS,
}


def main(name: str, term: str, *numbers: str) -> None:
    """Do the piece of work and print what it took."""
    result: Measured = PIECES[name](term, *map(int, numbers))
    sys.stdout.write(json.dumps(result.as_json()))


if __name__ == "__main__":
    main(*sys.argv[1:])
