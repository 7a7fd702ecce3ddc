"""What the pages of conflicts are asked: which conflicts, and which side of which ones stands."""

from collections.abc import Mapping, Sequence

from django.http import QueryDict

from integration.conflict_filter import ConflictFilter
from integration.resolving import Choice
from integration.resolving_many import Asked

LONGEST = 200


class BadAnswer(ValueError):
    """The form was not one of ours; the text is for the person."""


def word(data: Mapping[str, str], name: str) -> str:
    """A filter's value as given, without what no value has."""
    return data.get(name, "").replace("\x00", "").strip()[:LONGEST]


def filter_of(query: QueryDict) -> ConflictFilter:
    """The filter in the address; what it does not know finds nothing."""
    return ConflictFilter(
        is_settled=query.get("state") == "settled",
        term=word(query, "term"),
        merge_type=word(query, "type"),
        field=word(query, "field"),
        kind=word(query, "kind"),
        q=word(query, "q"),
    )


def choice_of(text: str) -> Choice:
    """Whose side stands. Raises `BadAnswer`."""
    if text not in set(Choice):
        raise BadAnswer("Say whose side stands: Tandem's or the SIS's.")
    return Choice(text)


def asked_of(texts: Sequence[str]) -> list[Asked]:
    """The conflicts named by ``id:stamp``, each once. Raises `BadAnswer`."""
    try:
        return list(dict.fromkeys(Asked.read(text) for text in texts))
    except ValueError as error:
        raise BadAnswer("Which conflicts are meant could not be read; open the list again.") from error
