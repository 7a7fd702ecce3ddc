"""What a site's list of resources means: what our key may do there, what is lost without it. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from integration.sis.ethos.media import MAJORS
from integration.sis.ethos.reading import PARTS
from integration.sis.ethos.reference import RESOURCES
from integration.sis.port import Capabilities, MergeType, Operation, SisUnreadable
from scheduling.domain.fields import CATALOGUE

ALL_METHODS = ("delete", "get", "post", "put")
METHODS = {
    Operation.CREATE: "post",
    Operation.UPDATE: "put",
    Operation.CANCEL: "put",
    Operation.DELETE: "delete",
}
PART_FIELDS = dict(zip(("meetings", "instructors"), PARTS, strict=True))
READ_FROM: Mapping[MergeType, tuple[str, ...]] = {
    **{kind: (resource,) for kind, resource in RESOURCES.items()},
    MergeType.INSTRUCTORS: ("instructors", "persons"),
    MergeType.SECTIONS: ("sections", *PARTS),
}
Offered = Mapping[str, Sequence[str]]
"""Resource -> what our key may do with it in the version that we speak."""
Representations = Mapping[str, Sequence[Mapping[str, Any]]]
"""Resource -> its versions, as the site lists them."""


def representations_in(document: object) -> dict[str, list[Mapping[str, Any]]]:
    """All resources of the list, over all applications behind the site. Raises `SisUnreadable`."""
    applications = document if isinstance(document, list) else [document]
    found: dict[str, list[Mapping[str, Any]]] = {}
    for application in applications:
        if not isinstance(application, dict):
            raise SisUnreadable("The SIS's list of available resources is none.")
        for resource in application.get("resources") or ():
            found.setdefault(resource["name"], []).extend(resource.get("representations") or ())
    return found


def offered_in(listed: Representations) -> dict[str, list[str]]:
    """What our key may do. A representation that tells no version or no methods is taken for any."""
    found: dict[str, list[str]] = {}
    for name, representations in listed.items():
        fitting = [one for one in representations if _is_spoken(name, one)]
        if fitting:
            told = methods_of(fitting)
            found[name] = sorted(told or ALL_METHODS)
    return found


def version_of(representation: Mapping[str, Any]) -> str:
    """Its version; blank where none is told."""
    told = representation.get("version") or representation.get("X-Media-Type", "")
    return str(told).rpartition(".v")[2].removesuffix("+json").lstrip("v")


def methods_of(representations: Sequence[Mapping[str, Any]]) -> set[str]:
    """The methods of these versions; none where they are not told."""
    return {str(method).lower() for one in representations for method in one.get("methods") or ()}


def _is_spoken(name: str, representation: Mapping[str, Any]) -> bool:
    major = version_of(representation).partition(".")[0]
    return name not in MAJORS or major in {"", str(MAJORS[name])}


def within(able: Capabilities, offered: Offered) -> Capabilities:
    """`able` without what the key may not do.

    A type is read if all that it is read from is. A section is written if it can be read, for every write is
    read again; its meetings and instructors are sent if theirs can be made, changed and taken away. What
    empties a section before it is cancelled or deleted needs to take those away as well.
    """

    def may(method: str, *resources: str) -> bool:
        return all(method in offered.get(one, ()) for one in resources)

    reads = frozenset(kind for kind in able.reads if may("get", *READ_FROM[kind]))
    sendable = {name for name, part in PART_FIELDS.items() if all(may(one, part) for one in ALL_METHODS)}
    writes = {}
    for kind, operations in able.writes.items():
        allowed = {one for one in operations if kind in reads and may(METHODS[one], RESOURCES[kind])}
        if kind is MergeType.SECTIONS and not may("delete", *PARTS):
            allowed -= {Operation.DELETE} | ({Operation.CANCEL} if able.cancel_clears else set())
        writes[kind] = frozenset(allowed)
    fields = able.writable_fields if able.writable_fields is not None else frozenset(CATALOGUE.names)
    unsent = PART_FIELDS.keys() - sendable
    return replace(able, reads=reads, writes=writes, writable_fields=fields - unsent)


def lost(able: Capabilities, cut: Capabilities) -> Iterator[str]:
    """What `cut` lacks of `able`, in words that go after a colon."""
    if gone := [kind for kind in able.reads if kind not in cut.reads]:
        yield f"{_listed(gone)} are not imported"
    for kind, operations in able.writes.items():
        if missing := [one.lower() for one in Operation if one in operations - cut.writes[kind]]:
            yield f"no {' or '.join(missing)} of {kind.value} is sent"
    if able.writable_fields is not None and cut.writable_fields is not None:
        unsent = able.writable_fields - cut.writable_fields
        if unsent and cut.writes[MergeType.SECTIONS]:
            yield f"{' and '.join(sorted(unsent))} of sections are not sent"


def _listed(kinds: Sequence[MergeType]) -> str:
    return " and ".join(one.value for one in MergeType if one in kinds)
