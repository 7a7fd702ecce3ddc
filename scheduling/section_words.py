"""Finding sections by what people type: each word has to name a part."""

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat, Replace

from scheduling.models import Section


def having_all_words(sections: QuerySet[Section], text: str) -> QuerySet[Section]:
    """The sections of which each word of `text` names a part: ``MATH 252 A``, a CRN, words of the title."""
    for word in text.split():
        sections = sections.filter(
            Q(crn__istartswith=word)
            | Q(course__subject__iexact=word)
            | Q(course__number__istartswith=word)
            | Q(section_number__iexact=word)
            | Q(title__icontains=word)
        )
    return sections


def called(sections: QuerySet[Section], text: str) -> QuerySet[Section]:
    """The sections whose CRN, SIS id or code is `text`; ``MATH 252 A`` and ``math-252-a`` are one code."""
    spaced = " ".join(text.replace("-", " ").split())
    code = Concat(F("course__subject"), Value(" "), F("course__number"), Value(" "), F("section_number"))
    found = sections.alias(_code=Replace(code, Value("-"), Value(" ")))
    return found.filter(Q(crn__iexact=text) | Q(sis_id=text) | Q(_code__iexact=spaced))
