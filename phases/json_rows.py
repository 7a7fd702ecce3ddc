"""Rows that belong to the rows of a query, read along with them."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import JSONField, QuerySet, Subquery


class _JsonRows(Subquery):
    """As many rows and columns as there are in one value; the database names the columns itself."""

    template = "ARRAY(SELECT to_jsonb(_row) FROM (%(subquery)s) _row)"


def json_rows(rows: QuerySet[Any], *names: str) -> Subquery:
    """These columns of each of `rows`, which name their owner by `OuterRef`, as a list of JSON objects.

    A query less, for some more time in the database a row: for a page, not for a whole term.
    """
    return _JsonRows(rows.values(*names), output_field=ArrayField(JSONField()))
