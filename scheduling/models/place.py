"""Campuses, buildings and rooms."""

from typing import ClassVar

from django.db import models


class Campus(models.Model):
    """A site. The SIS has no list of them: they come with buildings and sections."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering: ClassVar = ["code"]
        verbose_name_plural = "campuses"

    def __str__(self) -> str:
        return self.name or self.code


class Building(models.Model):
    """A building, or a place with no rooms (``Online``)."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=200)
    campus = models.ForeignKey(Campus, null=True, blank=True, on_delete=models.PROTECT)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.code


class Room(models.Model):
    """A room of a building; capacity in seats, blank where the SIS does not say."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="rooms")
    number = models.CharField(max_length=40)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    room_type = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["building_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["building", "number"], name="room_number_unique_in_building"),
            models.CheckConstraint(condition=~models.Q(number=""), name="room_has_number"),
        ]

    def __str__(self) -> str:
        return f"{self.building_id} {self.number}"
