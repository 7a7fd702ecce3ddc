"""What is kept of edits is what comparing finds, wherever it is kept for the version that stands."""

from django.db.models import F

from integration.edits import MAY_DIFFER
from integration.linkstate import baseline_of, edited_fields
from integration.models import Link
from scheduling.models import Section
from scheduling.selectors import values_of_sections


def assert_kept_edits_are_true(term):
    """Of all sections of `term`; return how many have kept edits, and how many have to be compared."""
    differing = Section.objects.filter(MAY_DIFFER, term=term)
    kept = set(differing.filter(link__edits_version=F("version")).values_list("pk", flat=True))
    states = values_of_sections(kept)
    for link in Link.objects.filter(section__in=kept):
        found = edited_fields(baseline_of(link), states[link.section_id].values)
        assert sorted(link.edits) == sorted(found), link
    return len(kept), differing.count() - len(kept)
