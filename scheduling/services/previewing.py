"""What a save would answer, found by carrying it out and taking it back: a preview cannot differ from it."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

Answer = TypeVar("Answer")


def previewed(save: Callable[[], Answer]) -> Answer:
    """What `save` answers, or raises; then everything it wrote is rolled back, and nothing was announced."""
    with transaction.atomic():
        answer = save()
        transaction.set_rollback(True)
    return answer
