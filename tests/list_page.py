"""The schedule's list as tests look at it, and four sections to look at."""

import html
import re

from scheduling.models import (
    Building,
    Course,
    Department,
    Instructor,
    InstructorAssignment,
    Meeting,
    Room,
    Section,
)

PATH = "/terms/20271/sections/"


def add(term, subject, number, section_number, **values):
    """A section of a course; `meets`: (days, start, end, room or building), `team`: ids of instructors."""
    department, _made = Department.objects.get_or_create(code=subject, defaults={"name": f"{subject} dept"})
    course, _made = Course.objects.get_or_create(
        term=term, subject=subject, number=number, sis_id=f"{subject}{number}", department=department
    )
    meets, team = values.pop("meets", ()), values.pop("team", ())
    made = Section.objects.create(term=term, course=course, section_number=section_number, **values)
    for days, start, end, place in meets:
        home = {"room": place} if isinstance(place, Room) else {"building": place}
        Meeting.objects.create(section=made, days=days, start_time=start, end_time=end, **home)
    for who in team:
        InstructorAssignment.objects.create(section=made, instructor=who, is_primary=who == team[0])
    return made


def add_four(term):
    """Four sections of two departments."""
    hall = Building.objects.create(code="HAL", name="Long Hall")
    web = Building.objects.create(code="WEB", name="Online")
    room = Room.objects.create(building=hall, number="101")
    curie = Instructor.objects.create(sis_id="I1", first_name="Marie", last_name="Curie")
    yonath = Instructor.objects.create(sis_id="I2", first_name="Ada", last_name="Yonath")
    morning = ("MWF", "09:00", "09:50", room)
    add(
        term,
        "BIO",
        "101",
        "A",
        crn="1001",
        title="Cells",
        enrollment=12,
        capacity=10,
        meets=[morning],
        team=[curie],
    )
    add(term, "BIO", "101", "B", crn="1002", title="Cells at night", meets=[("TR", "18:00", "19:20", None)])
    add(
        term,
        "BIO",
        "200",
        "A",
        crn="1003",
        title="genes",
        capacity=30,
        meets=[("", None, None, web)],
        team=[yonath, curie],
    )
    add(
        term,
        "CHE",
        "202",
        "A",
        crn="2001",
        title="Bonds",
        status="CANCELLED",
        credits="3.00",
        schedule_type="LAB",
    )
    return term


def page_of(client, query="", path=PATH):
    """The main part of the page, as text with its tags."""
    answer = client.get(path + query)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode().partition("<main")[2].partition("</main>")[0])


def crns(client, query=""):
    """The CRNs shown, in order. They stand in each row's first cell too, where a phone shows them."""
    return re.findall(r'<td class="crn wide"[^>]*><div>(\d+)</div>', page_of(client, query))


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())
