"""Writing to the fake SIS in one line."""

from integration.sis.port import (
    MergeType,
)
from tandem_conformance.institution import TERM
from tandem_conformance.sis_under_test import NEW_SECTION, NOW, REF

SECTIONS = MergeType.SECTIONS


def write(adapter, work):
    """One session of writes; `work` gets the writer."""
    with adapter.writing(term=TERM, run="1", now=NOW) as writer:
        return work(writer)


def create_in(adapter, ref=REF, **changes):
    return write(adapter, lambda w: w.create(SECTIONS, {**NEW_SECTION, **changes}, client_ref=ref))


def update_in(adapter, sis_id, merge_type=SECTIONS, **changes):
    return write(
        adapter,
        lambda w: w.update(merge_type, sis_id, changes, values=changes, token="", client_ref=REF),
    )
