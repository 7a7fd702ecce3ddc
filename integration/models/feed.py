"""How far the change feed of a SIS has been followed, and what of our own writes it still has to tell."""

from typing import ClassVar

from django.db import models

from .link import Link


class FeedPosition(models.Model):
    """One feed, by the name that its adapter gives it.

    `position`: of the last message that was worked; blank: from the beginning. `is_behind`: something changed
    that no message names; only a whole import shows it. `whole_at`: when the last such import was asked for.
    `tick`: logical time (sequence `integration_touch`) at which the position was reached. A delivery that
    read the SIS before that sets both back, so that the messages since are worked once more.
    """

    name = models.CharField(max_length=255, primary_key=True)
    position = models.CharField(max_length=64, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    is_behind = models.BooleanField(default=False)
    whole_at = models.DateTimeField(null=True, blank=True)
    tick = models.BigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.position}"


class AwaitedEcho(models.Model):
    """One field that was sent to a SIS without a concurrency token, until the change feed tells of it.

    `before`: what was read; `written`: what was sent; both JSON, in the SIS's rendering. `is_in_parts`: a
    list whose items the feed tells one by one; `told`: those of ours that it has told. `seen`: what it told
    last that was neither, by the item's id there (blank: the field as a whole); it stays with the oldest
    echo of a field.
    """

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="awaited_echoes")
    field = models.CharField(max_length=80)
    before = models.JSONField(null=True, blank=True)
    written = models.JSONField(null=True, blank=True)
    is_in_parts = models.BooleanField(default=False)
    told = models.JSONField(default=list, blank=True)
    seen = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.link} {self.field}"
