"""What sections refer to: courses, campuses, buildings, rooms, people; read once for all that are saved."""

from collections.abc import Collection, Sequence
from typing import Any

from scheduling.domain.errors import InvalidValue
from scheduling.domain.values import Assignment, Meeting
from scheduling.models import Building, Campus, Course, Instructor, Term

from .section_values import Values, room_ids

Change = tuple[Term, Values, Values]
"""A section's term, its values as they stand, and those that are to be changed."""


class References:
    """What the sections of these changes refer to, as far as it is there. Five queries at most."""

    def __init__(self, changes: Sequence[Change]) -> None:
        states = [state for _term, before, changed in changes for state in (before, changed)]
        codes = {str(state["course"]) for state in states if state.get("course")}
        terms = {term.pk for term, _before, _changed in changes}
        offered = Course.objects.filter(term__in=terms, sis_id__in=codes)
        self.courses = {(one.term_id, one.sis_id): one for one in offered}
        campuses = {changed["campus"] for _term, _before, changed in changes if changed.get("campus")}
        self.campuses = set(Campus.objects.filter(pk__in=campuses).values_list("pk", flat=True))
        meetings = [one for _term, *both in changes for one in _new(both[1], both[0], "meetings")]
        buildings = Building.objects.filter(pk__in={one.building for one in meetings})
        self.buildings = dict(buildings.values_list("code", "is_active"))
        self.rooms = room_ids(meetings)
        team = [one for _term, *both in changes for one in _new(both[1], both[0], "instructors")]
        people = Instructor.objects.filter(pk__in={one.instructor for one in team})
        self.people = dict(people.values_list("sis_id", "is_active"))

    def departments(self, term: Term, *states: Values) -> frozenset[str | None]:
        """The departments concerned: a change of course concerns the one it leaves and the one it joins."""
        keys = {(term.pk, str(state.get("course"))) for state in states}
        return frozenset(self.courses[one].department_id for one in keys if one in self.courses)

    def check(self, changed: Values, before: Values, term: Term) -> None:
        """Raise `InvalidValue` where `changed` newly refers to something that is not there or not in use.

        A room that is not in use is a finding of the checks, not an invalid value.
        """
        if "course" in changed:
            course = self.courses[term.pk, changed["course"]]
            if not course.is_active:
                raise InvalidValue(
                    f"{course} is not offered in {term} any more; choose another course.", "course"
                )
        if changed.get("campus") and changed["campus"] not in self.campuses:
            codes = ", ".join(Campus.objects.values_list("code", flat=True)) or "none yet"
            raise InvalidValue(
                f"There is no campus {changed['campus']!r}; the campuses are {codes}.", "campus"
            )
        self._check_places(_new(changed, before, "meetings"))
        self._check_people(_new(changed, before, "instructors"))

    def _check_places(self, new: Collection[Meeting]) -> None:
        for one in new:
            if not one.building:
                continue
            if one.building not in self.buildings:
                raise InvalidValue(
                    f"There is no building {one.building!r}; check its code.", "meetings", "building"
                )
            if not self.buildings[one.building]:
                raise InvalidValue(
                    f"Building {one.building} is not in use any more; choose another.", "meetings", "building"
                )
            if one.room and (one.building, one.room) not in self.rooms:
                raise InvalidValue(
                    f"There is no room {one.room!r} in {one.building}; check its number.", "meetings", "room"
                )

    def _check_people(self, new: Collection[Assignment]) -> None:
        for one in new:
            if one.instructor not in self.people:
                raise InvalidValue(
                    f"There is no instructor {one.instructor!r}; check the id.", "instructors", "instructor"
                )
            if not self.people[one.instructor]:
                raise InvalidValue(
                    f"Instructor {one.instructor} is not active any more; choose another.",
                    "instructors",
                    "instructor",
                )


def _new(changed: Values, before: Values, name: str) -> list[Any]:
    """The meetings or assignments that were not there."""
    stood = before.get(name) or ()
    return [one for one in changed.get(name) or () if one not in stood]
