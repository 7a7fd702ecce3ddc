"""Taking back the save that made a section whose creation is on its way to the SIS, on the real delivery."""

import dataclasses
from contextlib import contextmanager

import pytest
from django.utils import timezone

from integration.delivery import Delivery
from integration.models import Conflict, Link
from integration.runs import record_type_of
from integration.settings import active_version, read
from integration.sis.port import MergeType
from scheduling.domain.errors import ActionRefused
from scheduling.models import ChangeLog, Section
from scheduling.services.undo import undo_last_save
from tests.campus import TERM


@pytest.fixture
def made(campus_with):
    """`made(options)`: a campus where the registrar has just made a section; its id."""

    def make(options=""):
        campus = campus_with(options)
        campus.enable()
        return campus, campus.create()

    return make


def undo(campus, pk, **changes):
    author = dataclasses.replace(campus.author(), source=ChangeLog.Source.FORM, **changes)
    return undo_last_save(pk, author=author, version=Section.objects.get(pk=pk).version)


def deliver_once(campus, adapter=None):
    adapter = adapter or campus.adapter
    kind = record_type_of(MergeType.SECTIONS, TERM, settings=read(active_version()), adapter=adapter)
    Delivery(kind=kind, adapter=adapter, author=campus.author(), clock=timezone.now, run="1").deliver(limit=1)


class UndoneMeanwhile:
    """The fake SIS; the section is taken back just before it is written, or just after."""

    def __init__(self, campus, pk, *, is_before):
        self.campus, self.pk, self.is_before = campus, pk, is_before

    def __getattr__(self, name):
        return getattr(self.campus.adapter, name)

    @contextmanager
    def writing(self, **given):
        if self.is_before:
            undo(self.campus, self.pk)
        with self.campus.adapter.writing(**given) as writer:
            yield writer
        if not self.is_before:
            undo(self.campus, self.pk)


def assert_gone_on_both_sides(campus, *, status=None):
    """Nothing of it is left; a SIS that cannot delete has it as `status`."""
    outcome = campus.merge(sends=True)
    assert outcome.exit_code == 0
    assert not Conflict.objects.exists()
    left = [one for one in campus.adapter.sections(TERM).values() if one["section_number"] == "Z"]
    assert [one["status"] for one in left] == ([status] if status else [])
    ours = Section.objects.filter(term=TERM, section_number="Z")
    assert [one.status for one in ours] == [one["status"] for one in left]
    writes = len(campus.adapter.journal())
    campus.merge(sends=True)
    assert len(campus.adapter.journal()) == writes


@pytest.mark.parametrize("is_before", [True, False])
def test_it_is_taken_back_while_it_is_being_written(made, is_before):
    campus, pk = made()
    deliver_once(campus, UndoneMeanwhile(campus, pk, is_before=is_before))
    assert not Section.objects.filter(pk=pk).exists()
    campus.sweep()
    assert_gone_on_both_sides(campus)


@pytest.mark.parametrize(
    ("options", "then", "status"),
    [
        ("", "timeout_after_effect", None),
        ("", "timeout_before_effect", None),
        ("", "late", None),
        ("late=60&search=none&unique=none", "timeout_after_effect", "ACTIVE"),  # comes back as the SIS's own
        ("deletes=no", "timeout_after_effect", "CANCELLED"),
        ("applies_later=60", None, None),
    ],
)
def test_it_is_taken_back_while_nobody_knows_whether_it_was_written(made, clock, options, then, status):
    campus, pk = made(options)
    if then:
        campus.adapter.faults([{"when": {"operation": "CREATE", "type": "sections"}, "then": then}])
    deliver_once(campus)
    assert undo(campus, pk) is False
    campus.sweep()
    campus.adapter.tick(3600)
    clock.shift(3600)
    campus.merge(sends=True)
    campus.sweep()
    campus.adapter.tick(3600)
    clock.shift(3600)
    assert_gone_on_both_sides(campus, status=status)


def test_it_is_not_taken_back_once_the_sis_has_it(made):
    campus, pk = made()
    campus.sweep()
    with pytest.raises(ActionRefused, match="is in the SIS already; cancel it instead"):
        undo(campus, pk)
    assert Link.objects.get(section=pk).sis_id in campus.adapter.sections(TERM)


def test_an_edit_is_taken_back_though_the_sis_has_given_the_section_its_id_since(made):
    campus, pk = made()
    campus.edit(pk, title="Mine")
    campus.sweep()
    assert Section.objects.get(pk=pk).version == 3
    assert undo(campus, pk) is True
    campus.sweep()
    section = Section.objects.get(pk=pk)
    assert section.title == campus.in_sis(section.sis_id)["title"] == "New"
