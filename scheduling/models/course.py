"""Courses."""

from typing import ClassVar

from django.db import models

from .people import Department
from .term import Term


class Course(models.Model):
    """A catalogue course offered in a term. Imported, never edited here and never sent.

    `is_placeholder`: made by a section that came before its course (a SIS that lists sections first);
    the course import fills it. Blank credits mean variable credit.
    """

    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="courses")
    sis_id = models.CharField(max_length=64)
    subject = models.CharField(max_length=40)
    number = models.CharField(max_length=40)
    title = models.CharField(max_length=200, blank=True)
    credits = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)
    is_placeholder = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["subject", "number", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["term", "sis_id"], name="course_sis_id_unique_in_term"),
            # The target of the foreign key that keeps a section in its course's term.
            models.UniqueConstraint(fields=["id", "term"], name="course_with_term"),
            models.CheckConstraint(condition=models.Q(credits__gte=0), name="course_credits_not_negative"),
            models.CheckConstraint(condition=~models.Q(sis_id=""), name="course_has_sis_id"),
        ]
        indexes: ClassVar = [models.Index(fields=["term", "subject", "number"], name="course_by_code")]

    def __str__(self) -> str:
        return f"{self.subject} {self.number}"
