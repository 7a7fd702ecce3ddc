"""Many ids in one parameter of a query."""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, Lookup, Q


class AnyOf(Lookup):  # type: ignore[type-arg]  # a parameter for type checkers only
    """`column = ANY(array)`: what ``in`` finds, without a parameter for each of thousands."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The condition; the ids are one constant, for an array is put together element by element."""
        column, given = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::bigint[])", (*given, f"{{{','.join(map(str, self.rhs))}}}")


def any_of(ids: Iterable[int]) -> Q:
    """Holds for the records with one of these ids."""
    return Q(AnyOf(F("pk"), list(ids)))
