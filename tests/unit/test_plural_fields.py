"""Sentences about a field whose label is plural: meetings are, a title is."""

import pytest

from integration.choice_words import choices_of
from integration.models import Conflict, Link
from integration.run_issues import held_field
from scheduling.domain.errors import InvalidValue
from scheduling.domain.fields import CATALOGUE
from scheduling.domain.values import whole_number


@pytest.mark.parametrize(
    ("name", "label", "stays", "becomes"),
    [("title", "Title", "stays", "becomes"), ("meetings", "Meetings", "stay", "become")],
)
def test_both_ways_out_of_a_conflict(name, label, stays, becomes):
    conflict = Conflict(link=Link(merge_type="sections"), field=name, kind="FIELD")
    ours, theirs = choices_of(conflict, label=label, ours="A", theirs="B", is_our_removal=False)
    assert ours.here == f"{label} {stays} “A”."
    assert theirs.here == f"{label} {becomes} “B”."


@pytest.mark.parametrize(("name", "are", "were"), [("title", "is", "was"), ("instructors", "are", "were")])
def test_what_a_run_says_of_a_held_field(name, are, were):
    shown = {"base": "C", "ours": "A", "theirs": "B", "rule": "ASK"}
    assert f"{name} {are} " in held_field(record="1", label="BIO", name=name, shown=shown).message
    shown["rule"] = "SEMANTIC"
    assert (
        f"{name} {were} changed here" in held_field(record="1", label="BIO", name=name, shown=shown).message
    )


def test_a_number_that_is_out_of_its_bounds():
    with pytest.raises(InvalidValue, match="Capacity is -1; it must be 0 or more"):
        whole_number(CATALOGUE["capacity"], "-1")
