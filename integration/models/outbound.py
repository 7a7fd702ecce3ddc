"""What waits to be sent: one row a record."""

from typing import ClassVar

from django.db import models

from .link import Link


class OutboundChange(models.Model):
    """That a record has (or had) something for the SIS. The desired state is the record itself.

    `wanted_version` is the version to be sent, `acknowledged_version` the last one the SIS has.
    Claimed rows carry a lease (`lease_owner`, over at `lease_until` or when that process is gone) and a
    `fence` that grows with every claim: who holds an older fence must not finish. `error_*` tell of the
    last failure, in plain words and in the SIS's own.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting to be sent"
        SENDING = "SENDING", "Being sent"
        AWAITING = "AWAITING", "Sent, not yet confirmed"
        PARKED = "PARKED", "Rejected; waits for a change"
        DONE = "DONE", "Nothing to send"

    link = models.OneToOneField(Link, on_delete=models.CASCADE, related_name="outbound")
    merge_type = models.CharField(max_length=20)
    term = models.ForeignKey("scheduling.Term", on_delete=models.CASCADE, related_name="outbound_changes")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    wanted_version = models.PositiveIntegerField(default=1)
    acknowledged_version = models.PositiveIntegerField(default=0)
    priority = models.PositiveSmallIntegerField(default=5, help_text="1: a person waits; 5: the night.")
    next_attempt_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    lease_owner = models.BigIntegerField(null=True, blank=True, help_text="Advisory lock of who claimed it.")
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.BigIntegerField(default=0)
    error_class = models.CharField(max_length=20, blank=True)
    error_text = models.TextField(blank=True)
    error_words = models.TextField(blank=True)
    error_field = models.CharField(max_length=80, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["priority", "next_attempt_at", "id"]
        indexes: ClassVar = [
            models.Index(
                fields=["term", "merge_type", "priority", "next_attempt_at"],
                condition=~models.Q(state="DONE"),
                name="outbound_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.link} {self.state}"
