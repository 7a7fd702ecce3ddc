"""Lists page by page. A cursor stays right while records come and go."""

import re
from typing import Any, ClassVar

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

_BAD_CURSOR = "This cursor is none of ours; follow next and previous as they come, or start without a cursor."


class Pages(CursorPagination):
    """`{"next", "previous", "results"}`, by what is unique, so that nothing moves between pages."""

    page_size = 100
    position: ClassVar[str] = r"[^\x00]*"
    """What a place in the list looks like."""

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of the request, or None. Raises `ValidationError` for one that was tampered with."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise ValidationError({self.cursor_query_param: [_BAD_CURSOR]}) from None
        position = "0" if cursor is None or cursor.position is None else str(cursor.position)
        if not re.fullmatch(self.position, position):
            raise ValidationError({self.cursor_query_param: [_BAD_CURSOR]})
        return cursor


class PagesById(Pages):
    """By id."""

    ordering = ("id",)
    position = r"[0-9]{1,18}"


class PagesByCode(Pages):
    """By code."""

    ordering = ("code",)


class NewestFirst(Pages):
    """By id, the newest first."""

    ordering = ("-id",)
    position = r"[0-9]{1,18}"
