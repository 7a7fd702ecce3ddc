"""The audit trail."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from .user import User


class ChangeLog(models.Model):
    """One change of one field of one record, or the creation or removal of a record as a whole.

    Append-only. It holds plain ids, so a row outlives what it tells about. `field` is blank for a whole
    record; then `after` (created) or `before` (removed) holds all its values. `run_id` and `rule` say which
    merge wrote it and which rule decided (integration's ids, kept as plain values).
    """

    class Source(models.TextChoices):
        FORM = "FORM", "Page"
        API = "API", "API"
        COMMAND = "COMMAND", "Command"
        IMPORT = "IMPORT", "Import from the SIS"
        SYSTEM = "SYSTEM", "System"

    class Action(models.TextChoices):
        CREATE = "CREATE", "Created"
        UPDATE = "UPDATE", "Changed"
        CANCEL = "CANCEL", "Cancelled"
        DELETE = "DELETE", "Removed"

    at = models.DateTimeField()
    actor = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=150, help_text="The user's name, or the system's part.")
    source = models.CharField(max_length=20, choices=Source)
    action = models.CharField(max_length=20, choices=Action)
    record_type = models.CharField(max_length=40, help_text="section, relationship, course, user, …")
    record_id = models.CharField(max_length=64)
    term_code = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField(null=True, blank=True, help_text="The version this change made.")
    field = models.CharField(max_length=80, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    rule = models.CharField(max_length=60, blank=True)
    run_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["record_type", "record_id", "-id"], name="change_by_record"),
            models.Index(fields=["actor", "-id"], name="change_by_actor"),
            # Which groups a section was ever in: asked of what the rows hold, in a section's history.
            *(
                GinIndex(
                    fields=[side],
                    opclasses=["jsonb_path_ops"],
                    fastupdate=False,  # what waits to be indexed is searched row by row
                    condition=models.Q(record_type="relationship"),
                    name=f"change_of_group_{side}",
                )
                for side in ("before", "after")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.record_type} {self.record_id} {self.field}".strip()
