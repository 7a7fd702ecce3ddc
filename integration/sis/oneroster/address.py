"""What ``SIS_URL`` says of a OneRoster service, and the key that comes from ``SIS_API_KEY``.

``oneroster+https://HOST[:PORT][/BASE]?token=PATH_OR_ADDRESS[&page=N]``. Without a path the base is that of
the standard. The key is ``CLIENT_ID:SECRET``, of OAuth 2 client credentials.
"""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

from integration.sis.port import BadSisUrl

SCHEMES = {"oneroster+https": "https", "oneroster+http": "http"}
STANDARD_BASE = "/ims/oneroster/rostering/v1p2"
OPTIONS = ("token", "page")
PAGE = 500
SMALLEST_PAGE = 2
"""Each page begins with the last record of the one before."""
THIS_MACHINE = {"127.0.0.1", "::1", "localhost"}
EXAMPLE = "oneroster+https://sis.example.edu?token=/oauth/token"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where the service is, and who we are there. `page`: records asked for at a time."""

    base_url: str
    token_url: str
    client_id: str
    secret: str = field(repr=False)
    page: int = PAGE

    @classmethod
    def parse(cls, url: str, *, key: str) -> "Address":
        """From the texts of ``SIS_URL`` and ``SIS_API_KEY``; raises `BadSisUrl`."""
        try:
            parts = urlsplit(url)
            host = parts.netloc if parts.port != 0 else ""
        except ValueError as error:
            raise BadSisUrl(f"SIS_URL cannot be read: {error}. Write it like {EXAMPLE}.") from error
        if not host or not parts.hostname:
            raise BadSisUrl(f"SIS_URL must name the host, like {EXAMPLE}.")
        if parts.username or parts.password:
            raise BadSisUrl("SIS_URL must not hold a key; set SIS_API_KEY instead.")
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        for name in given:
            if name not in OPTIONS:
                raise BadSisUrl(f"SIS_URL has the option {name!r}; oneroster knows {', '.join(OPTIONS)}.")
        path = parts.path.rstrip("/") if parts.path else STANDARD_BASE
        base = f"{SCHEMES[parts.scheme]}://{host}{path}"
        client_id, _, secret = key.partition(":")
        if not client_id or not secret:
            raise BadSisUrl("Set SIS_API_KEY to CLIENT_ID:SECRET, as the SIS gave them for OAuth 2.")
        return cls(
            base_url=_safe(urlsplit(base)),
            token_url=_token_url(base, given.get("token", "")),
            client_id=client_id,
            secret=secret,
            page=_page(given.get("page", str(PAGE))),
        )


def _safe(parts: SplitResult) -> str:
    """The address, which is either encrypted or of this machine: what goes there is a secret."""
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE):
        return parts.geturl()
    raise BadSisUrl("SIS_URL must use https: over http the key could be read on the way.")


def _token_url(base: str, given: str) -> str:
    if not given:
        raise BadSisUrl(f"SIS_URL must say where access tokens are given, like {EXAMPLE}.")
    return _safe(urlsplit(urljoin(base, given)))


def _page(text: str) -> int:
    if not text.isdecimal() or int(text) < SMALLEST_PAGE:
        raise BadSisUrl(f"page={text} in SIS_URL must be a whole number, {SMALLEST_PAGE} or more.")
    return int(text)
