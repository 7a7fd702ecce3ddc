"""The state of one record between the two systems."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models


class LinkState(models.TextChoices):
    """Where a record stands (MERGE.md, State per record)."""

    NEW = "NEW", "Ours, not in the SIS yet"
    CREATING = "CREATING", "Being created in the SIS"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME", "Creation sent, outcome unknown"
    LINKED = "LINKED", "In both"
    MISSING_IN_SIS = "MISSING_IN_SIS", "Not seen in the last snapshot of the SIS"
    RETIRED = "RETIRED", "Gone"
    ARCHIVED = "ARCHIVED", "Gone; its SIS id belongs to another record now"


class Link(models.Model):
    """Link, baseline and in-flight values of one section or relationship (always read together).

    `baseline`: agreed value of each field in our rendering (JSON); `baseline_theirs`: the SIS's rendering
    where it differs. `agreed_version`: our version at which everything agreed; any other version means
    there is something to look at (0: never agreed). `edits`: the fields in which a section differs from
    `baseline` in its version `edits_version`; of any other version it is not known. `source_hash`:
    fingerprint of the SIS's record when all of it was settled, so that an unchanged record is skipped
    unseen. `sent`: write-ahead list
    ``[{"operation", "values", "at", "until"}]``. `intent`: what a create in flight carries.
    `touched`: logical time (sequence `integration_touch`) of the last push or pull. `fights`: field ->
    ``{"value", "times"}``. `covered`: field -> ``[{"base", "by", "value", "is_item"}]``, edits in the SIS
    between our reading (`base`) and our writing (`by`) that nobody has decided about. `former_id`: the local
    id of a record that is gone; it returns under that id. `removal`: we removed it here and the SIS has to
    follow (an `Operation`, blank: no).
    """

    merge_type = models.CharField(max_length=20)
    term = models.ForeignKey("scheduling.Term", on_delete=models.CASCADE, related_name="links")
    section = models.OneToOneField(
        "scheduling.Section", null=True, blank=True, on_delete=models.SET_NULL, related_name="link"
    )
    relationship = models.OneToOneField(
        "scheduling.Relationship", null=True, blank=True, on_delete=models.SET_NULL, related_name="link"
    )
    former_id = models.BigIntegerField(null=True, blank=True)
    label = models.CharField(
        max_length=120, blank=True, help_text="How people call it, kept when it is gone."
    )
    sis_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  # null: not in the SIS yet
    client_ref = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=20, choices=LinkState, default=LinkState.NEW)
    baseline = models.JSONField(null=True, blank=True)
    baseline_theirs = models.JSONField(default=dict, blank=True)
    agreed_version = models.PositiveIntegerField(default=0)
    edits = models.JSONField(default=list, db_default=[], blank=True)
    edits_version = models.PositiveIntegerField(default=0, db_default=0)
    source_hash = models.BinaryField(null=True, blank=True)
    sent = models.JSONField(default=list, blank=True)
    intent = models.JSONField(null=True, blank=True)
    fights = models.JSONField(default=dict, blank=True)
    covered = models.JSONField(default=dict, blank=True)
    touched = models.BigIntegerField(default=0)
    synced_at = models.DateTimeField(null=True, blank=True)
    removal = models.CharField(max_length=10, blank=True)
    missing_since = models.DateTimeField(null=True, blank=True)
    missing_digest = models.CharField(max_length=64, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["merge_type", "term", "sis_id"],
                condition=~models.Q(state="ARCHIVED"),
                name="link_sis_id_once_in_term",
            ),
            models.CheckConstraint(
                condition=models.Q(section__isnull=True) | models.Q(relationship__isnull=True),
                name="link_section_or_relationship",
            ),
            models.CheckConstraint(
                condition=models.Q(sis_id__isnull=False)
                | models.Q(state__in=["NEW", "CREATING", "UNKNOWN_OUTCOME", "RETIRED"]),
                name="link_linked_has_sis_id",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["term", "merge_type"],
                condition=models.Q(state__in=["NEW", "CREATING", "UNKNOWN_OUTCOME"]),
                name="link_unlinked",
            )
        ]

    def __str__(self) -> str:
        return self.label or self.sis_id or str(self.client_ref)

    def agree(self, baseline: Mapping[str, Any] | None, theirs: Mapping[str, Any]) -> None:
        """Set (unsaved) what both sides agreed on; what differs from it has to be found out again."""
        self.baseline = None if baseline is None else dict(baseline)
        self.baseline_theirs = dict(theirs)
        self.edits, self.edits_version = [], 0

    @property
    def record_id(self) -> int | None:
        """The local id of the section or relationship, or the one it had."""
        return self.section_id or self.relationship_id or self.former_id
