"""Departments and instructors."""

from typing import ClassVar

from django.db import models


class Department(models.Model):
    """Who builds a part of the schedule. A course's subject is its code unless a map says otherwise."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.code


class Instructor(models.Model):
    """A person who teaches, known by the SIS's id."""

    sis_id = models.CharField(max_length=64, primary_key=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    email = models.CharField(max_length=254, blank=True)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["last_name", "first_name", "sis_id"]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.sis_id
