"""A hall with three rooms, two departments with a course each, two people, and no class yet."""

import datetime as dt

from scheduling.models import (
    Building,
    Course,
    Department,
    Instructor,
    InstructorAssignment,
    Meeting,
    Relationship,
    RelationshipMember,
    Room,
    Section,
    Term,
)

TERM = "20271"
START, HALF, END = dt.date(2027, 1, 11), dt.date(2027, 3, 10), dt.date(2027, 5, 7)


class College:
    def __init__(self):
        self.term = Term.objects.create(code=TERM, name="Spring 2027", start_date=START, end_date=END)
        hall = Building.objects.create(code="HAL", name="Holland Hall")
        self.rooms = {
            number: Room.objects.create(building=hall, number=number, capacity=40)
            for number in ("101", "102", "103")
        }
        self.courses = {
            code: self._course(code, name, number)
            for code, name, number in (("BIO", "Biology", "101"), ("CHE", "Chemistry", "202"))
        }
        for sis_id, first, last in (("I1", "Marie", "Curie"), ("I2", "Ada", "Yonath")):
            Instructor.objects.create(sis_id=sis_id, first_name=first, last_name=last)

    def _course(self, code, name, number):
        department = Department.objects.create(code=code, name=name)
        return Course.objects.create(
            term=self.term,
            sis_id=code,
            subject=code,
            number=number,
            title=f"{name} {number}",
            department=department,
        )

    def section(self, subject, number, *meetings, people=(), **values):
        """`meetings`: (days, start, end, room number or blank), or with the first and last date too."""
        made = Section.objects.create(
            term=self.term, course=self.courses[subject], section_number=number, capacity=30, **values
        )
        for days, start, end, room, *dates in meetings:
            first, last = dates or (START, END)
            Meeting.objects.create(
                section=made,
                days=days,
                start_time=start or None,
                end_time=end or None,
                room=self.rooms.get(room),
                start_date=first,
                end_date=last,
            )
        for who in people:
            InstructorAssignment.objects.create(section=made, instructor_id=who)
        return made

    def crosslist(self, *sections):
        group = Relationship.objects.create(term=self.term, kind="CROSSLIST")
        for one in sections:
            RelationshipMember.objects.create(
                relationship=group, section=one, kind="CROSSLIST", term=self.term
            )

    def week(self, room="101"):
        return f"/terms/{TERM}/week/?room={self.rooms[room].pk}"
