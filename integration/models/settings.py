"""Merge settings as rows: versioned profiles for what is merged how, switches for which terms are on."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from integration.sis.port import TERM_TYPES

TERM_TYPE_CHOICES = [(one.value, one.value.capitalize()) for one in TERM_TYPES]


class MergeProfile(models.Model):
    """A named set of merge settings. One is active."""

    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_active"], condition=models.Q(is_active=True), name="merge_profile_one_active"
            )
        ]

    def __str__(self) -> str:
        return self.name


class MergeProfileVersion(models.Model):
    """One version of a profile, never changed. `document` is read by `integration.settings`."""

    profile = models.ForeignKey(MergeProfile, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    document = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering: ClassVar = ["profile_id", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["profile", "number"], name="merge_profile_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.profile} v{self.number}"


class TermSwitch(models.Model):
    """What is on for one term-bound type in one term. No row: nothing is on.

    `until` (a date, inclusive) ends it by itself; blank: at the end of the term.
    """

    merge_type = models.CharField(max_length=20, choices=TERM_TYPE_CHOICES)
    term = models.ForeignKey("scheduling.Term", on_delete=models.CASCADE, related_name="switches")
    is_importing = models.BooleanField(default=True)
    is_sending = models.BooleanField(default=False)
    is_nightly = models.BooleanField(default=False)
    is_real_time = models.BooleanField(default=False)
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["term_id", "merge_type"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["merge_type", "term"], name="term_switch_once_a_type"),
            models.CheckConstraint(
                condition=models.Q(is_sending=True) | models.Q(is_real_time=False),
                name="term_switch_real_time_needs_send",
            ),
            models.CheckConstraint(
                condition=models.Q(is_sending=False) | ~models.Q(merge_type="courses"),
                name="term_switch_courses_never_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merge_type} {self.term_id}"
