"""Lists page by page. A cursor stays right while sections come and go."""

import re
from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

_BAD_CURSOR = "This cursor is none of ours; follow next and previous as they come, or start without a cursor."


class SectionPages(CursorPagination):
    """`{"next", "previous", "results"}`, by id: unique, and no section moves between pages."""

    page_size = 100
    ordering = ("id",)

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of the request, or None. Raises `ValidationError` for one that was tampered with."""
        try:
            cursor = super().decode_cursor(request)
        except NotFound:
            raise ValidationError({self.cursor_query_param: [_BAD_CURSOR]}) from None
        position = "0" if cursor is None or cursor.position is None else str(cursor.position)
        if not re.fullmatch(r"[0-9]{1,18}", position):
            raise ValidationError({self.cursor_query_param: [_BAD_CURSOR]})
        return cursor
