"""Files that people import, kept between the preview and the decision."""

from typing import ClassVar

from django.db import models

from .term import Term
from .user import User


class SectionUpload(models.Model):
    """A file as it was uploaded, so that what is saved is what was shown. Gone once saved, or after a day."""

    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.file_name
