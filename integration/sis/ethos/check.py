"""What `check_sis` says of an Ethos site: connection, versions, methods, limits, what the key may not do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from integration.sis.ethos.address import Address
from integration.sis.ethos.client import EthosClient
from integration.sis.ethos.media import MAJORS, page_size
from integration.sis.ethos.offered import (
    ALL_METHODS,
    METHODS,
    Representations,
    lost,
    methods_of,
    offered_in,
    representations_in,
    version_of,
    within,
)
from integration.sis.ethos.reading import PARTS
from integration.sis.ethos.sections import NOTES
from integration.sis.port import Capabilities, CheckResult, MergeType, SisNotFound, SisUnreadable

READ_ONLY = (
    "academic-periods",
    "buildings",
    "courses",
    "educational-institution-units",
    "instructional-delivery-methods",
    "instructional-methods",
    "instructors",
    "persons",
    "room-types",
    "rooms",
    "section-description-types",
    "section-statuses",
    "section-title-types",
    "sites",
    "subjects",
)
OPTIONAL = frozenset({"instructional-delivery-methods", "room-types"})
"""Without these a value is blank or a type less exact; nothing else fails."""
WHO = "An administrator of Ethos can allow it to Tandem's application"


def resources_of(client: EthosClient) -> Representations:
    """What the site lists for our key. Raises `SisUnavailable`, `SisDenied` or `SisUnreadable`."""
    try:
        return representations_in(client.get("/admin/available-resources").document)
    except SisNotFound as error:
        raise SisUnreadable(
            f"{client.base_url} has no /admin/available-resources; look whether SIS_URL names an Ethos site."
        ) from error


def examine(client: EthosClient, address: Address, able: Capabilities, *, rate: float) -> CheckResult:
    """Ask the site what it offers, and compare it with `able`, what the profile can do.

    Raises `SisUnavailable` or `SisDenied` where it cannot be reached.
    """
    listed = resources_of(client)
    problems = [*_missing(listed, able), *_unknown_statuses(client, address, listed)]
    resources = sorted({*READ_ONLY, *needed_methods(able)})
    facts = [
        ("site", address.base_url),
        ("profile", address.profile),
        ("requests", f"at most {rate:g} a second"),
        *((name, _fact(listed[name], name)) for name in resources if name in listed),
    ]
    return CheckResult(facts=tuple(facts), problems=tuple(problems))


def needed_methods(able: Capabilities) -> dict[str, set[str]]:
    """Resource -> the methods that the declared writes need."""
    needed: dict[str, set[str]] = {}
    for operation in able.writes[MergeType.SECTIONS]:
        needed.setdefault("sections", {"get"}).add(METHODS[operation])
    for operation in able.writes[MergeType.RELATIONSHIPS]:
        needed.setdefault("section-crosslists", {"get"}).add(METHODS[operation])
    for part in PARTS:
        needed[part] = {"get", "post", "put", "delete"}
    return needed


def _fact(representations: Sequence[Mapping[str, Any]], name: str) -> str:
    versions = ", ".join(sorted({version_of(one) for one in representations} - {""})) or "not told"
    methods = ", ".join(sorted(methods_of(representations))) or "not told"
    largest = max((int(one.get("maxPageSize") or 0) for one in representations), default=0)
    return f"version {versions}; {methods}; pages of {min(largest or page_size(name), page_size(name))}"


def _missing(listed: Representations, able: Capabilities) -> Iterator[str]:
    offered = offered_in(listed)
    needed = {name: {"get"} for name in READ_ONLY if name not in OPTIONAL} | needed_methods(able)
    all_of_it = dict.fromkeys(needed, ALL_METHODS)
    for name, wanted in needed.items():
        lacking = sorted(wanted - set(offered.get(name, ())))
        if not lacking:
            continue
        without = within(able, {**all_of_it, name: offered.get(name, ())})
        effect = "".join(f": {words}" for words in [", ".join(lost(able, without))] if words)
        if name not in listed:
            yield f"The key may not use {name}{effect}. {WHO}."
        elif name not in offered:
            versions = ", ".join(sorted({version_of(one).partition(".")[0] for one in listed[name]}))
            yield f"The site has {name} in version {versions}; Tandem needs {MAJORS[name]}{effect}. {WHO}."
        else:
            methods = ", ".join(one.upper() for one in lacking)
            yield f"The key may not {methods} {name}{effect}. {WHO}."


def _unknown_statuses(client: EthosClient, address: Address, offered: Mapping[str, object]) -> list[str]:
    """Codes that the settings name and the site does not have."""
    problems: list[str] = []
    named = {"section-statuses": set(address.statuses), "section-description-types": {NOTES}}
    for resource, codes in named.items():
        if not codes or resource not in offered:
            continue
        documents = client.get(f"/api/{resource}", resource=resource).document or ()
        there = {one.get("code") for one in documents if isinstance(one, dict)}
        listed = ", ".join(sorted(filter(None, there)))
        problems.extend(
            f"The site has no code {code} among its {resource}; it has {listed}."
            for code in sorted(codes - there)
        )
    return problems
