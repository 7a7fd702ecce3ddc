"""What a SIS offers to our key."""

from typing import ClassVar

from django.db import models


class SiteOffer(models.Model):
    """One SIS, by the name that its adapter gives it: what it last offered, and when it said so."""

    site = models.CharField(max_length=255, primary_key=True)
    offer = models.JSONField()
    read_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["site"]

    def __str__(self) -> str:
        return self.site
