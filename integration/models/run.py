"""Merge runs, what they reported, and what is remembered between runs of a type and term."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from .settings import MergeProfileVersion


class MergeRun(models.Model):
    """One execution of a merge of one type (and term).

    `asked_term`: the code it was asked for, also where that term is not here (a dry run brings none in).
    `request`: the wish that it belongs to, if it came through a background worker.
    """

    class Status(models.TextChoices):
        RUNNING = "RUNNING", "Running"
        SUCCEEDED = "SUCCEEDED", "Done"
        FINISHED_WITH_ISSUES = "FINISHED_WITH_ISSUES", "Done, with records held or rejected"
        NO_DATA = "NO_DATA", "Stopped: the SIS answered with nothing"
        NEEDS_APPROVAL = "NEEDS_APPROVAL", "Stopped by a safeguard"
        FAILED = "FAILED", "Failed"

    class Trigger(models.TextChoices):
        NIGHTLY = "NIGHTLY", "Nightly"
        REAL_TIME = "REAL_TIME", "Real time"
        AD_HOC = "AD_HOC", "Ad hoc"

    merge_type = models.CharField(max_length=20)
    term = models.ForeignKey("scheduling.Term", null=True, on_delete=models.CASCADE, related_name="runs")
    asked_term = models.CharField(max_length=40, blank=True)
    request = models.ForeignKey(
        "integration.MergeRequest", null=True, blank=True, on_delete=models.SET_NULL, related_name="runs"
    )
    trigger = models.CharField(max_length=10, choices=Trigger, default=Trigger.AD_HOC)
    status = models.CharField(max_length=20, choices=Status, default=Status.RUNNING)
    is_dry_run = models.BooleanField(default=False)
    is_sending = models.BooleanField(default=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settings_version = models.ForeignKey(MergeProfileVersion, null=True, on_delete=models.PROTECT)
    phase = models.CharField(max_length=100, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    steps = models.JSONField(default=list, help_text="[{step, seconds, records}]")
    progress = models.JSONField(default=dict, help_text="{step, done, total}; total null: unknown.")
    error = models.JSONField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["term", "merge_type", "-id"], name="run_by_term")]

    def __str__(self) -> str:
        return f"{self.merge_type} {self.term_id or ''} #{self.pk}"


class RunIssue(models.Model):
    """One record (or field) that a run reports. Unchanged records are counted, never listed."""

    run = models.ForeignKey(
        MergeRun, on_delete=models.CASCADE, related_name="issues", db_index=False
    )  # the index below begins with it
    record = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=80, blank=True)
    code = models.CharField(max_length=60)
    message = models.TextField()
    file = models.CharField(max_length=255, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    column = models.CharField(max_length=80, blank=True)
    is_notice = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["run", "record"], name="issue_of_record")]

    def __str__(self) -> str:
        return f"{self.code} {self.record}"


class MergeState(models.Model):
    """What is remembered between the runs of one type (and term).

    `last_read`: records in the last complete snapshot (what a much shorter answer is measured against).
    `pause_reason`: a safeguard paused sending; blank: not paused.
    """

    merge_type = models.CharField(max_length=20)
    term = models.ForeignKey("scheduling.Term", null=True, on_delete=models.CASCADE, related_name="+")
    last_read = models.PositiveIntegerField(default=0)
    last_digest = models.CharField(max_length=64, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merge_type", "term"], nulls_distinct=False, name="merge_state_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.merge_type} {self.term_id or ''}"
