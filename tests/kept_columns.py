"""What stands in a column for speed is what its source says: kept edits, and when a section first meets."""

from django.db.models import F

from integration.edits import MAY_DIFFER
from integration.linkstate import baseline_of, edited_fields
from integration.models import Link
from scheduling.domain.values import first_start
from scheduling.models import Section
from scheduling.selectors import meetings_of, values_of_sections


def assert_kept_is_true(term):
    """Of all sections of `term`."""
    starts = dict(Section.objects.filter(term=term).values_list("pk", "first_start"))
    meetings = meetings_of(list(starts))
    assert starts == {pk: first_start(meetings.get(pk, ())) for pk in starts}
    differing = Section.objects.filter(MAY_DIFFER, term=term)
    kept = set(differing.filter(link__edits_version=F("version")).values_list("pk", flat=True))
    states = values_of_sections(kept)
    for link in Link.objects.filter(section__in=kept):
        found = edited_fields(baseline_of(link), states[link.section_id].values)
        assert sorted(link.edits) == sorted(found), link
