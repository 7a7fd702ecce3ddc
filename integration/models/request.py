"""What a person, or the night, asked the background workers for."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from .run import MergeRun


class MergeRequest(models.Model):
    """One wish: merges of some types (and terms), or the approval of a held plan (`plan` is set then).

    `types` and `terms` are lists of values in the order of work. `preview`: the dry run whose counts the
    person confirmed; only what it showed is carried out. `approved_rows`: ids of the plan's rows that were
    approved; None: all. `night`: the date (institution's zone) of the night that asked.

    DONE: every merge came to an end; whether one was stopped by a safeguard, or has issues, its run says.
    FAILED: something could not be carried out, and `error` says what (CONTRACT.md's error document). `notes`
    are sentences for people.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting"
        RUNNING = "RUNNING", "Running"
        DONE = "DONE", "Done"
        FAILED = "FAILED", "Failed"

    types = models.JSONField(default=list)
    terms = models.JSONField(default=list, blank=True)
    is_sending = models.BooleanField(default=False)
    is_dry_run = models.BooleanField(default=False)
    accept_empty = models.BooleanField(default=False)
    trigger = models.CharField(max_length=10, choices=MergeRun.Trigger, default=MergeRun.Trigger.AD_HOC)
    plan = models.ForeignKey(
        "integration.Plan", null=True, blank=True, on_delete=models.CASCADE, related_name="requests"
    )
    approved_rows = models.JSONField(null=True, blank=True)
    preview = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="executions"
    )
    night = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.JSONField(null=True, blank=True)
    notes = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=models.Q(state__in=["WAITING", "RUNNING"]),
                name="merge_request_unfinished",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state__in=["WAITING", "RUNNING"], finished_at=None)
                | models.Q(state__in=["DONE", "FAILED"], finished_at__isnull=False),
                name="merge_request_state_and_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="RUNNING") | models.Q(started_at__isnull=False, attempts__gte=1),
                name="merge_request_running_began",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="FAILED") | models.Q(error__isnull=False),
                name="merge_request_failed_says_why",
            ),
            models.CheckConstraint(condition=~models.Q(types=[]), name="merge_request_has_type"),
            models.CheckConstraint(
                condition=models.Q(preview=None) | models.Q(is_dry_run=False, plan=None),
                name="merge_request_preview_of_real_run",
            ),
            models.CheckConstraint(
                condition=models.Q(plan=None) | models.Q(is_dry_run=False, accept_empty=False),
                name="merge_request_approval_is_real",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_rows__isnull=True) | models.Q(plan__isnull=False),
                name="merge_request_rows_of_a_plan",
            ),
            models.UniqueConstraint(
                fields=["night", "terms", "is_sending"], name="merge_request_once_a_night"
            ),
        ]

    def __str__(self) -> str:
        return f"merge request {self.pk}"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be done for it."""
        return self.state in {self.State.DONE, self.State.FAILED}

    @property
    def is_approval(self) -> bool:
        """Whether it is the answer to a held plan."""
        return self.plan_id is not None
