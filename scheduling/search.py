"""Finding anything in a term by what people type: a section's code or CRN, a course, a room, a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from scheduling.domain.values import is_storable
from scheduling.models import Course, Instructor, Room, Section, Term
from scheduling.pills import Pill, section_pill
from scheduling.section_columns import title_of
from scheduling.section_filters import LONGEST
from scheduling.section_words import called, having_all_words
from scheduling.selectors import meetings_of
from scheduling.showing import meeting_words
from scheduling.visibility import Viewer, visible_departments, visible_sections

MOST = 20
"""As many of each sort are shown; the lists have the rest."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundSection:
    """A section as the result shows it."""

    pk: int
    label: str
    crn: str
    title: str
    pill: Pill
    is_cancelled: bool
    meetings: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What was found, at most `MOST` of each sort. `has_more_sections`: the list has more of them."""

    sections: Sequence[FoundSection] = ()
    courses: Sequence[Course] = ()
    rooms: Sequence[Room] = ()
    instructors: Sequence[Instructor] = ()
    has_more_sections: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.sections or self.courses or self.rooms or self.instructors)


def is_searchable(text: str) -> bool:
    """Whether anything can be called `text`."""
    return bool(text) and len(text) <= LONGEST and is_storable(text)


def section_called(text: str, *, term: Term, actor: Viewer) -> int | None:
    """The one section of this CRN or code that `actor` may see; None where there is none, or several."""
    found = called(visible_sections(actor).filter(term=term), text)
    ids = list(found.values_list("pk", flat=True)[:2])
    return ids[0] if len(ids) == 1 else None


def found_by(text: str, *, term: Term, actor: Viewer) -> Found:
    """What of the term `text` may mean. Six queries."""
    sections = having_all_words(visible_sections(actor).filter(term=term), text)
    by_code = ("course__subject", "course__number", "section_number", "id")
    rows = list(sections.select_related("course").order_by(*by_code)[: MOST + 1])
    meetings = meetings_of([one.pk for one in rows])
    return Found(
        sections=[
            FoundSection(
                pk=one.pk,
                label=str(one),
                crn=one.crn,
                title=title_of(one),
                pill=section_pill(one.status),
                is_cancelled=one.status == Section.Status.CANCELLED,
                meetings=[meeting_words(each) for each in meetings.get(one.pk, ())],
            )
            for one in rows[:MOST]
        ],
        courses=list(_courses(text, term, actor)[:MOST]),
        rooms=list(_rooms(text)[:MOST]),
        instructors=list(_instructors(text)[:MOST]),
        has_more_sections=len(rows) > MOST,
    )


def _courses(text: str, term: Term, actor: Viewer) -> QuerySet[Course]:
    found = Course.objects.filter(term=term).order_by("subject", "number", "id")
    codes = visible_departments(actor)
    if codes is not None:
        found = found.filter(department__in=codes)
    for word in text.split():
        found = found.filter(Q(subject__iexact=word) | Q(number__istartswith=word) | Q(title__icontains=word))
    return found


def _rooms(text: str) -> QuerySet[Room]:
    found = Room.objects.select_related("building").order_by("building_id", "number")
    found = found.alias(_code=Concat(F("building_id"), Value(" "), F("number")))
    return found.filter(
        Q(_code__istartswith=" ".join(text.split()))
        | Q(number__iexact=text)
        | Q(building__name__icontains=text)
    )


def _instructors(text: str) -> QuerySet[Instructor]:
    found = Instructor.objects.order_by("last_name", "first_name", "sis_id")
    for word in text.replace(",", " ").split():
        found = found.filter(
            Q(last_name__istartswith=word) | Q(first_name__istartswith=word) | Q(sis_id__iexact=word)
        )
    return found
