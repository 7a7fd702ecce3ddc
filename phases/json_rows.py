"""Rows that belong to the rows of a query, read along with them."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.db.models.functions import JSONObject


def json_rows(rows: QuerySet[Any], *names: str) -> ArraySubquery:
    """These columns of each of `rows`, which name their owner by `OuterRef`, as a list of JSON objects.

    A query less, for some more time in the database a row: for a page, not for a whole term.
    """
    return ArraySubquery(rows.values(json=JSONObject(**{name: name for name in names})))
