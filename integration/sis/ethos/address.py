"""What ``SIS_URL`` says of an Ethos site: where it is, which SIS is behind it, how the institution differs.

``ethos+https://HOST[:PORT]?profile=colleague|banner[&option=value…]``; ``ethos+http`` for the sandbox. The
key comes from ``SIS_API_KEY``, never from the address. docs/reference/ethos.md has the options.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from integration.sis.port import BadSisUrl
from scheduling.domain.fields import STATUSES

SCHEMES = {"ethos+https": "https", "ethos+http": "http"}
PROFILES = ("colleague", "banner")
CHOICES: Mapping[str, tuple[str, ...]] = {"profile": PROFILES, "conflicts": ("override", "judge")}
FREE = ("statuses", "refusals", "page")
EXAMPLE = "ethos+https://integrate.elluciancloud.com?profile=banner"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where and what the SIS is.

    `statuses`: the institution's section-status codes -> ACTIVE or CANCELLED; the first code of each is the
    one that is written. Blank: the status's own category decides. `judges_conflicts`: the SIS may refuse a
    room or person that is taken (else meetings are sent with approvals that override it). `refusals`: a file
    of the institution's own entries in the table of refusals. `page`: fewer records a page than a resource
    allows, for a site that is slow with large ones (0: as many as it allows).
    """

    base_url: str
    profile: str
    statuses: Mapping[str, str]
    judges_conflicts: bool = False
    refusals: Path | None = None
    page: int = 0

    @property
    def is_banner(self) -> bool:
        """Whether Banner stands behind it (else Colleague)."""
        return self.profile == "banner"

    @classmethod
    def parse(cls, url: str) -> "Address":
        """From the text of ``SIS_URL``; raises `BadSisUrl` with the sentence that says what to write."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadSisUrl(f"SIS_URL cannot be read: {error}. Write it like {EXAMPLE}.") from error
        if not parts.hostname:
            raise BadSisUrl(f"SIS_URL must name the host, like {EXAMPLE}.")
        if parts.username or parts.password:
            raise BadSisUrl("SIS_URL must not hold a key; set SIS_API_KEY instead.")
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        known = (*CHOICES, *FREE)
        for name in given:
            if name not in known:
                raise BadSisUrl(f"SIS_URL has the option {name!r}; ethos knows {', '.join(known)}.")
        for name, allowed in CHOICES.items():
            value = given.get(name, "" if name == "profile" else allowed[0])
            if value not in allowed:
                raise BadSisUrl(f"{name}={value} in SIS_URL must be {' or '.join(allowed)}.")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        where = f"{host}:{port}" if port else host
        return cls(
            base_url=f"{SCHEMES[parts.scheme]}://{where}{parts.path.rstrip('/')}",
            profile=given["profile"],
            statuses=_statuses(given.get("statuses", "")),
            judges_conflicts=given.get("conflicts") == "judge",
            refusals=Path(given["refusals"]) if given.get("refusals") else None,
            page=_page(given.get("page", "0")),
        )


def _page(text: str) -> int:
    """Records a page: two at least, for pages overlap by one."""
    if not text.isdecimal() or int(text) == 1:
        raise BadSisUrl(f"page={text} in SIS_URL must be a number of records, 2 or more.")
    return int(text)


def _statuses(text: str) -> dict[str, str]:
    """``A:ACTIVE,C:CANCELLED`` as a mapping, in the order given."""
    found = {}
    for pair in filter(None, text.split(",")):
        code, _colon, meaning = pair.partition(":")
        if not code or meaning not in STATUSES:
            allowed = " or ".join(STATUSES)
            raise BadSisUrl(
                f"statuses={text} in SIS_URL must list CODE:MEANING with commas; MEANING is {allowed}."
            )
        found[code] = meaning
    return found
