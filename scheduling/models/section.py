"""Sections with their meetings and instructor assignments."""

from typing import ClassVar

from django.db import models

from scheduling.domain.values import NO_START

from .course import Course
from .people import Instructor
from .place import Building, Campus, Room
from .term import Term


class Section(models.Model):
    """One class of a course in a term. Saved only by the section services.

    `version` grows by one with every change of the section, its meetings or its instructors.
    `sis_id` links to the SIS; `crn` is the number people use. `reserved_number` repeats a section number
    that was chosen here: it is unique in the course, while numbers that come from the SIS may collide
    (they do, MERGE.md). `custom` holds the institution's own fields by their bare name. `first_start` repeats
    the earliest start of its meetings (`domain.values.first_start`), so that a list by time is read in order.
    """

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", "Active"
        CANCELLED = "CANCELLED", "Cancelled"

    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="sections")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="sections")
    sis_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  # null: not in the SIS yet
    crn = models.CharField(max_length=64, blank=True)
    section_number = models.CharField(max_length=10)
    reserved_number = models.CharField(max_length=10, null=True, blank=True)  # noqa: DJ001  # null: not ours
    title = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.ACTIVE)
    schedule_type = models.CharField(max_length=20, blank=True)
    instruction_mode = models.CharField(max_length=20, blank=True)
    campus = models.ForeignKey(Campus, null=True, blank=True, on_delete=models.PROTECT)
    part_of_term = models.CharField(max_length=20, blank=True)
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)
    credits = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    waitlist_capacity = models.PositiveIntegerField(null=True, blank=True)
    enrollment = models.PositiveIntegerField(null=True, blank=True)
    waitlisted = models.PositiveIntegerField(null=True, blank=True)
    notes = models.TextField(blank=True)
    custom = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)
    first_start = models.CharField(max_length=5, default=NO_START, db_default=NO_START, editable=False)

    class Meta:
        ordering: ClassVar = ["course__subject", "course__number", "section_number", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["term", "sis_id"], name="section_sis_id_unique_in_term"),
            models.UniqueConstraint(
                fields=["course", "reserved_number"],
                name="section_reserved_number_unique_in_course",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=models.Q(reserved_number__isnull=True)
                | models.Q(reserved_number=models.F("section_number")),
                name="section_reserved_number_is_its_number",
            ),
            models.UniqueConstraint(fields=["id", "term"], name="section_with_term"),
            models.CheckConstraint(
                condition=models.Q(end_date__gte=models.F("start_date")), name="section_dates_in_order"
            ),
            models.CheckConstraint(condition=models.Q(credits__gte=0), name="section_credits_not_negative"),
            models.CheckConstraint(
                condition=models.Q(status__in=["ACTIVE", "CANCELLED"]), name="section_status_known"
            ),
            models.CheckConstraint(condition=~models.Q(section_number=""), name="section_has_number"),
            models.CheckConstraint(condition=~models.Q(sis_id=""), name="section_sis_id_not_blank"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["term", "crn"], name="section_by_crn"),
            models.Index(fields=["term", "first_start"], name="section_by_start"),
            models.Index(fields=["course", "section_number"], name="section_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.course} {self.section_number}"


class Meeting(models.Model):
    """A meeting pattern of a section. The place is a room, or a building with no room, or unknown.

    No days and no times: *arranged*.
    """

    section = models.ForeignKey(
        Section, on_delete=models.CASCADE, related_name="meetings", db_index=False
    )  # the index below begins with it
    days = models.CharField(max_length=7, blank=True)
    start_time = models.TimeField(null=True, blank=True)
    end_time = models.TimeField(null=True, blank=True)
    building = models.ForeignKey(Building, null=True, blank=True, on_delete=models.PROTECT)
    room = models.ForeignKey(Room, null=True, blank=True, on_delete=models.PROTECT, related_name="meetings")
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(room__isnull=True) | models.Q(building__isnull=True),
                name="meeting_room_or_building",
            ),
            models.CheckConstraint(condition=models.Q(days__regex="^M?T?W?R?F?S?U?$"), name="meeting_days"),
            models.CheckConstraint(
                condition=models.Q(start_time__isnull=True, end_time__isnull=True)
                | models.Q(start_time__isnull=False, end_time__isnull=False),
                name="meeting_times_together",
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__gte=models.F("start_date")), name="meeting_dates_in_order"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["section", "start_time"], name="meeting_by_start")]

    def __str__(self) -> str:
        return f"{self.days or 'arranged'} {self.start_time or ''}".strip()


class InstructorAssignment(models.Model):
    """Who teaches a section: responsibility in percent, at most one primary."""

    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="assignments")
    instructor = models.ForeignKey(Instructor, on_delete=models.PROTECT, related_name="assignments")
    percent = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    is_primary = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-is_primary", "instructor_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "instructor"], name="assignment_once_a_person"),
            models.UniqueConstraint(
                fields=["section"], condition=models.Q(is_primary=True), name="assignment_one_primary"
            ),
            models.CheckConstraint(
                condition=models.Q(percent__gte=0, percent__lte=100), name="assignment_percent_0_to_100"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instructor_id} {self.percent} %"
