"""Relationships between sections."""

from typing import ClassVar

from django.db import models

from .section import Section
from .term import Term


class Relationship(models.Model):
    """A group of sections of one term: a crosslist (sent to the SIS) or linked sections (local)."""

    class Kind(models.TextChoices):
        CROSSLIST = "CROSSLIST", "Crosslist"
        LINKED = "LINKED", "Linked"

    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="relationships")
    kind = models.CharField(max_length=20, choices=Kind)
    sis_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001  # null: not in the SIS yet
    capacity = models.PositiveIntegerField(null=True, blank=True, help_text="Combined capacity, in seats.")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["term", "sis_id"], name="relationship_sis_id_unique_in_term"),
            models.UniqueConstraint(fields=["id", "kind", "term"], name="relationship_with_kind_and_term"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["CROSSLIST", "LINKED"]), name="relationship_kind_known"
            ),
            models.CheckConstraint(condition=~models.Q(sis_id=""), name="relationship_sis_id_not_blank"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sis_id or self.pk}"


class RelationshipMember(models.Model):
    """A section in a relationship.

    `kind` and `term` repeat the relationship's (a composite foreign key keeps them equal), so that the
    database itself can refuse a second crosslist for a section and a member of another term.
    """

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="members")
    section = models.ForeignKey(Section, on_delete=models.CASCADE, related_name="memberships")
    kind = models.CharField(max_length=20, choices=Relationship.Kind)
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="+")
    is_primary = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-is_primary", "section_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["relationship", "section"], name="member_once_a_section"),
            models.UniqueConstraint(
                fields=["relationship"], condition=models.Q(is_primary=True), name="member_one_primary"
            ),
            models.UniqueConstraint(
                fields=["section"], condition=models.Q(kind="CROSSLIST"), name="member_one_crosslist"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section_id} in {self.relationship_id}"
