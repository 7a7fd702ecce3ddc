"""Requests for changes that the person who asks may not make."""

from typing import ClassVar

from django.db import models

from .section import Section
from .term import Term
from .user import User


class ChangeRequest(models.Model):
    """Somebody asks for a value in a field that is locked for them.

    `wanted` and `seen` are canonical values as JSON: what is asked for, and what stood there then.
    `sentence`: what the one who decided says to the one who asked.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "Waits for an answer"
        APPROVED = "APPROVED", "Approved and applied"
        REFUSED = "REFUSED", "Refused"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="change_requests")
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="change_requests")
    field = models.CharField(max_length=80)
    wanted = models.JSONField(null=True, blank=True)
    seen = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=500)
    requester = models.ForeignKey(User, on_delete=models.CASCADE, related_name="change_requests")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    sentence = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["section", "field", "requester"],
                condition=models.Q(state="OPEN"),
                name="change_request_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["OPEN", "APPROVED", "REFUSED", "WITHDRAWN"]),
                name="change_request_state_known",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="change_request_has_reason"),
            models.CheckConstraint(
                condition=~models.Q(state="REFUSED") | ~models.Q(sentence=""),
                name="change_request_refusal_says_why",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["term", "id"], condition=models.Q(state="OPEN"), name="change_request_queue")
        ]

    def __str__(self) -> str:
        return f"{self.requester_id} asks for {self.field} of {self.section_id}"
