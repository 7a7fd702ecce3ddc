"""How far the change feed of a SIS has been followed."""

from typing import ClassVar

from django.db import models


class FeedPosition(models.Model):
    """One feed, by the name that its adapter gives it.

    `position`: of the last message that was worked; blank: from the beginning. `is_behind`: something changed
    that no message names; only a whole import shows it. `whole_at`: when the last such import was asked for.
    """

    name = models.CharField(max_length=255, primary_key=True)
    position = models.CharField(max_length=64, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    is_behind = models.BooleanField(default=False)
    whole_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.position}"
