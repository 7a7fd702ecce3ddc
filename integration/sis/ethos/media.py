"""Resources and the versions of them that the adapter speaks, with Colleague's largest pages."""

from collections.abc import Mapping

MAJORS: Mapping[str, int] = {
    "academic-periods": 16,
    "buildings": 11,
    "courses": 16,
    "educational-institution-units": 12,
    "instructional-events": 11,
    "instructional-methods": 6,
    "instructors": 9,
    "persons": 12,
    "rooms": 10,
    "section-crosslists": 6,
    "section-instructors": 10,
    "section-statuses": 11,
    "sections": 16,
    "sites": 6,
    "subjects": 6,
}
"""Resource -> its major version; what is not listed is asked for in the version that the site has."""
PAGE_SIZES: Mapping[str, int] = {"courses": 200, "rooms": 200, "instructors": 200, "section-crosslists": 500}
USUAL_PAGE = 100


def media_type(resource: str) -> str:
    """What is asked for and sent: the latest minor of the major version that we know."""
    if resource not in MAJORS:
        return "application/json"
    return f"application/vnd.hedtech.integration.v{MAJORS[resource]}+json"


def page_size(resource: str) -> int:
    """How many records a page may hold."""
    return PAGE_SIZES.get(resource, USUAL_PAGE)
