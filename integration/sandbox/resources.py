"""The resources that the sandbox serves: version, page, what can be written, how they can be filtered."""

from collections.abc import Mapping
from dataclasses import dataclass

MEDIA = "application/vnd.hedtech.integration"
ERRORS_MEDIA = f"{MEDIA}.errors.v2+json"
PROFILES = ("colleague", "banner")
READ, WRITE = ("get",), ("get", "post", "put", "delete")


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource. `page`: the most records of one answer; `named` queries; `filters` for the criteria."""

    version: str
    page: int = 500
    methods: tuple[str, ...] = READ
    filters: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    not_found: str = "GUID.Not.Found"

    @property
    def media_type(self) -> str:
        """As answers name it."""
        return f"{MEDIA}.v{self.version}+json"

    @property
    def accepted(self) -> frozenset[str]:
        """The media types by which it can be asked for: exact, or the latest of the major version."""
        return frozenset({self.media_type, f"{MEDIA}.v{self.version.partition('.')[0]}+json"})


CODE_RESOURCE = Resource(version="6", filters=("code",))

RESOURCES: Mapping[str, Resource] = {
    "academic-periods": Resource(version="16.1.0", filters=("code", "category.type")),
    "academic-levels": Resource(version="6.1.0", filters=("code",)),
    "subjects": Resource(version="6", filters=("abbreviation",)),
    "sites": CODE_RESOURCE,
    "buildings": Resource(version="11", filters=("code", "site")),
    "rooms": Resource(version="10", page=200, filters=("number", "building")),
    "educational-institution-units": Resource(version="12", filters=("code", "type")),
    "instructional-methods": Resource(version="6", filters=("abbreviation",)),
    "instructional-delivery-methods": CODE_RESOURCE,
    "section-statuses": Resource(version="11", filters=("code", "category")),
    "section-title-types": CODE_RESOURCE,
    "section-description-types": CODE_RESOURCE,
    "course-title-types": CODE_RESOURCE,
    "course-statuses": CODE_RESOURCE,
    "credit-categories": CODE_RESOURCE,
    "room-types": CODE_RESOURCE,
    "persons": Resource(version="12.4.0", page=100, filters=("credentials", "roles", "names")),
    "instructors": Resource(version="9", page=200, filters=("instructor",)),
    "courses": Resource(
        version="16.1.0",
        page=200,
        filters=("subject", "number", "administrativePeriod"),
        not_found="Course.NotFound",
    ),
    "sections": Resource(
        version="16.1.0",
        page=100,
        methods=WRITE,
        filters=("academicPeriod", "course", "number", "code", "status", "site", "alternateIds"),
        named=("instructor",),
        not_found="Section.NotFound",
    ),
    "instructional-events": Resource(
        version="11",
        page=100,
        methods=WRITE,
        filters=("section", "locations"),
        named=("academicPeriod",),
        not_found="InstructionalEvent.NotFound",
    ),
    "section-instructors": Resource(
        version="10",
        page=100,
        methods=WRITE,
        filters=("section", "instructor"),
        named=("academicPeriod",),
    ),
    "section-crosslists": Resource(version="6", methods=WRITE, filters=("sections",), named=("section",)),
}


def methods_of(name: str, profile: str) -> tuple[str, ...]:
    """What can be done with a resource; a section of Colleague is cancelled, never deleted."""
    methods = RESOURCES[name].methods
    if name == "sections" and profile == "colleague":
        return tuple(method for method in methods if method != "delete")
    return methods
