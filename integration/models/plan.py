"""Plans: what a merge would do, one row per record and side."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from .link import Link
from .run import MergeRun


class Plan(models.Model):
    """The plan of one run. `digest` identifies its content, whatever ids it got here."""

    class Status(models.TextChoices):
        OPEN = "OPEN", "Being made or applied"
        APPLIED = "APPLIED", "Applied"
        NEEDS_APPROVAL = "NEEDS_APPROVAL", "Waits for a person"
        DRY_RUN = "DRY_RUN", "Only looked at"
        SUPERSEDED = "SUPERSEDED", "Replaced by a later plan"
        REJECTED = "REJECTED", "Refused by a person"

    run = models.OneToOneField(MergeRun, on_delete=models.CASCADE, related_name="plan")
    merge_type = models.CharField(max_length=20)
    term = models.ForeignKey("scheduling.Term", null=True, on_delete=models.CASCADE, related_name="plans")
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    digest = models.CharField(max_length=64, blank=True)
    is_sending = models.BooleanField(default=False)
    watermark = models.BigIntegerField(default=0)
    snapshot_digest = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    trips = models.JSONField(default=list, help_text="Why a person has to look: sentences.")
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"plan {self.pk}"


class PlanRow(models.Model):
    """What happens to one record on one side.

    `fields`: field -> ``{base, ours, theirs, result, rule}`` for the fields that change or are held.
    `theirs`: all values the SIS showed (JSON), from which a stale row is decided again.
    Preconditions: `local_version` and `link_touched` are what the decision saw.
    """

    class Side(models.TextChoices):
        LOCAL = "LOCAL", "Tandem"
        SIS = "SIS", "SIS"

    class Action(models.TextChoices):
        CREATE = "CREATE", "Create"
        UPDATE = "UPDATE", "Change"
        CANCEL = "CANCEL", "Cancel"
        DELETE = "DELETE", "Remove"
        HOLD = "HOLD", "Hold for a person"
        AGREE = "AGREE", "Note the agreement"
        MISSING = "MISSING", "Note the absence"

    class State(models.TextChoices):
        PLANNED = "PLANNED", "Planned"
        APPLIED = "APPLIED", "Applied"
        STALE = "STALE", "Changed meanwhile; planned again"
        DECLINED = "DECLINED", "Not approved"

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="rows")
    record_key = models.CharField(max_length=64, help_text="SIS id, or client_ref of a record of ours.")
    label = models.CharField(max_length=120, blank=True)
    side = models.CharField(max_length=5, choices=Side)
    action = models.CharField(max_length=10, choices=Action)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    link = models.ForeignKey(Link, null=True, on_delete=models.SET_NULL, related_name="plan_rows")
    local_id = models.BigIntegerField(null=True, blank=True)
    local_version = models.PositiveIntegerField(null=True, blank=True)
    link_touched = models.BigIntegerField(null=True, blank=True)
    fields = models.JSONField(default=dict)
    theirs = models.JSONField(null=True, blank=True)
    source_hash = models.BinaryField(null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["plan", "side", "action", "id"], name="plan_row_by_action")]

    def __str__(self) -> str:
        return f"{self.side} {self.action} {self.record_key}"
