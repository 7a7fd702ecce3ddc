"""Fields that the institution defines itself."""

from typing import ClassVar

from django.db import models

from scheduling.domain.fields import Field, Group, Kind, Source

KINDS = (Kind.TEXT, Kind.LONG_TEXT, Kind.INTEGER, Kind.DATE, Kind.CHOICE, Kind.BOOLEAN)


class CustomField(models.Model):
    """One institution-defined section field; its values live in `Section.custom[name]`."""

    name = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in KINDS])
    choices = models.JSONField(default=list, blank=True)
    can_be_sent = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in KINDS]), name="custom_field_kind_known"
            )
        ]

    def __str__(self) -> str:
        return self.label

    def as_field(self) -> Field:
        """The field as an entry of the catalogue."""
        return Field(
            name=f"custom.{self.name}",
            label=self.label,
            kind=Kind(self.kind),
            group=Group.CUSTOM,
            default_source=Source.ALWAYS_TANDEM,
            can_be_sent=self.can_be_sent,
            choices=tuple(self.choices),
            max_length=10_000,
        )
