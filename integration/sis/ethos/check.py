"""What `check_sis` says of an Ethos site: connection, versions, methods, limits, what the key may not do."""

from collections.abc import Mapping, Sequence
from typing import Any

from integration.sis.ethos.address import Address
from integration.sis.ethos.client import EthosClient
from integration.sis.ethos.media import MAJORS, page_size
from integration.sis.ethos.sections import NOTES
from integration.sis.port import Capabilities, CheckResult, MergeType, Operation, SisNotFound, SisUnreadable

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
PARTS = ("instructional-events", "section-instructors")
METHODS = {
    Operation.CREATE: "post",
    Operation.UPDATE: "put",
    Operation.CANCEL: "put",
    Operation.DELETE: "delete",
}


def examine(client: EthosClient, address: Address, capabilities: Capabilities, *, rate: float) -> CheckResult:
    """Ask the site what it offers. Raises `SisUnavailable` or `SisDenied` where it cannot be reached."""
    try:
        offered = _offered(client.get("/admin/available-resources").document)
    except SisNotFound as error:
        raise SisUnreadable(
            f"{address.base_url} has no /admin/available-resources; look whether SIS_URL names an Ethos site."
        ) from error
    problems = [*_missing(offered, capabilities), *_unknown_statuses(client, address, offered)]
    resources = sorted({*READ_ONLY, *needed_methods(capabilities)})
    facts = [
        ("site", address.base_url),
        ("profile", address.profile),
        ("requests", f"at most {rate:g} a second"),
        *((name, _fact(offered[name], name)) for name in resources if name in offered),
    ]
    return CheckResult(facts=tuple(facts), problems=tuple(problems))


def needed_methods(capabilities: Capabilities) -> dict[str, set[str]]:
    """Resource -> the methods that the declared writes need."""
    needed: dict[str, set[str]] = {}
    for operation in capabilities.writes[MergeType.SECTIONS]:
        needed.setdefault("sections", {"get"}).add(METHODS[operation])
    for operation in capabilities.writes[MergeType.RELATIONSHIPS]:
        needed.setdefault("section-crosslists", {"get"}).add(METHODS[operation])
    for part in PARTS:
        needed[part] = {"get", "post", "put", "delete"}
    return needed


def _offered(document: object) -> dict[str, list[Mapping[str, Any]]]:
    """Resource -> its representations, over all applications behind the site."""
    applications = document if isinstance(document, list) else [document]
    found: dict[str, list[Mapping[str, Any]]] = {}
    for application in applications:
        if not isinstance(application, dict):
            raise SisUnreadable("The SIS's list of available resources is none.")
        for resource in application.get("resources") or ():
            found.setdefault(resource["name"], []).extend(resource.get("representations") or ())
    return found


def _version(representation: Mapping[str, Any]) -> str:
    told = representation.get("version") or representation.get("X-Media-Type", "")
    return str(told).rpartition(".v")[2].removesuffix("+json").lstrip("v")


def _methods(representations: Sequence[Mapping[str, Any]]) -> set[str]:
    return {str(method).lower() for one in representations for method in one.get("methods") or ()}


def _fact(representations: Sequence[Mapping[str, Any]], name: str) -> str:
    versions = ", ".join(sorted({_version(one) for one in representations} - {""})) or "not told"
    methods = ", ".join(sorted(_methods(representations))) or "not told"
    largest = max((int(one.get("maxPageSize") or 0) for one in representations), default=0)
    return f"version {versions}; {methods}; pages of {min(largest or page_size(name), page_size(name))}"


def _missing(offered: Mapping[str, Sequence[Mapping[str, Any]]], capabilities: Capabilities) -> list[str]:
    problems = []
    needed = {name: {"get"} for name in READ_ONLY if name not in OPTIONAL} | needed_methods(capabilities)
    for name, wanted in needed.items():
        if name not in offered:
            problems.append(f"The key may not use {name}; let the administrator of Ethos allow it.")
            continue
        told = _methods(offered[name])
        if lacking := sorted(wanted - told) if told else []:
            problems.append(f"The key may not {', '.join(lacking)} {name}; let the administrator allow it.")
        majors = {_version(one).partition(".")[0] for one in offered[name]} - {""}
        if name in MAJORS and majors and str(MAJORS[name]) not in majors:
            problems.append(
                f"The site has {name} in version {', '.join(sorted(majors))}; Tandem needs {MAJORS[name]}."
            )
    return problems


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
