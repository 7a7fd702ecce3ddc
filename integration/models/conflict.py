"""Conflicts that a person settles. Both values are always kept."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from .link import Link
from .run import MergeRun


class Conflict(models.Model):
    """One field of one record (or the record as a whole: `field` blank) on which both sides differ."""

    class Kind(models.TextChoices):
        FIELD = "FIELD", "Both sides changed it"
        SEMANTIC = "SEMANTIC", "The merged value would break a rule"
        FIGHT = "FIGHT", "The SIS keeps changing it back"
        COVERED = "COVERED", "Changed in the SIS while Tandem wrote it"
        REMOVAL = "REMOVAL", "Removed on one side, edited on the other"
        ENROLLED = "ENROLLED", "Removed here, students enrolled in the SIS"
        AMBIGUOUS = "AMBIGUOUS", "Several records in the SIS could be this one"
        NUMBER = "NUMBER", "Section numbers wait for each other"

    class Status(models.TextChoices):
        OPEN = "OPEN", "Open"
        RESOLVED = "RESOLVED", "Settled by a person"
        GONE = "GONE", "Settled by itself"

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="conflicts")
    field = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FIELD)
    base = models.JSONField(null=True, blank=True)
    ours = models.JSONField(null=True, blank=True)
    theirs = models.JSONField(null=True, blank=True)
    rule = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField()
    run = models.ForeignKey(MergeRun, null=True, on_delete=models.SET_NULL, related_name="conflicts")
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    resolution = models.CharField(max_length=10, blank=True, help_text="OURS or THEIRS.")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["link", "field"], condition=models.Q(status="OPEN"), name="conflict_one_open_a_field"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["link"], condition=models.Q(status="OPEN"), name="conflict_open")
        ]

    def __str__(self) -> str:
        return f"{self.link} {self.field}"
