"""Terms."""

import datetime as dt
from typing import ClassVar

from django.db import models


class Term(models.Model):
    """An academic period. The code is the key everywhere (files, commands, API)."""

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=200)
    start_date = models.DateField()
    end_date = models.DateField()
    sis_id = models.CharField(max_length=64, blank=True, help_text="The SIS's own id, where it has one.")
    is_active = models.BooleanField(default=True, help_text="False: the SIS no longer has this term.")

    class Meta:
        ordering: ClassVar = ["-start_date", "code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(end_date__gte=models.F("start_date")), name="term_dates_in_order"
            ),
            models.CheckConstraint(condition=~models.Q(code=""), name="term_has_code"),
        ]

    def __str__(self) -> str:
        return self.name or self.code

    def is_over(self, today: dt.date) -> bool:
        """Whether the term ended before `today` (a date in the institution's zone)."""
        return self.end_date < today
