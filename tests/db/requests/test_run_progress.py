"""What a page can show of a run while it works."""

import pytest

from integration.execution import execute
from integration.models import MergeRun
from integration.runs import Options
from integration.sis.port import MergeType
from tests.campus import TERM


@pytest.fixture
def seen(loaded):
    """Merges sections and sends, and notes what its row says at every word of progress."""

    def merge(**options):
        shown = []

        def note(_step, _done):
            run = MergeRun.objects.get(status="RUNNING")
            shown.append((run.progress["step"], run.progress["total"], [one["step"] for one in run.steps]))

        execute(
            [MergeType.SECTIONS],
            terms=[TERM],
            adapter=loaded.adapter,
            options=Options(**options),
            progress=note,
        )
        return shown

    return merge


def test_reading_is_measured_by_the_last_complete_answer(seen):
    assert seen() == [("read and plan", 4, [])]


def test_each_step_says_how_much_it_will_be_and_what_is_behind_it(seen, loaded):
    loaded.edit_in_sis("S1", title="Changed there")
    loaded.edit_in_sis("S2", title="Changed there")
    loaded.edit("S3", capacity=44)

    told = seen(sends=True)

    assert told[0] == ("read and plan", 4, [])
    assert ("apply", 3, ["read and plan"]) in told  # two changes, and one row that shows what is sent
    assert told[-1] == ("send", 1, ["read and plan", "apply", "flag"])


def test_counts_are_there_before_the_end(loaded):
    loaded.edit_in_sis("S1", title="Changed there")
    counts = []

    execute(
        [MergeType.SECTIONS],
        terms=[TERM],
        adapter=loaded.adapter,
        progress=lambda step, _done: counts.append((step, MergeRun.objects.first().counts["local_update"])),
    )

    assert counts == [("read and plan", 0), ("apply", 1)]
