"""HTTP to a OneRoster service: the token, the pace, and what each answer means."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx
import msgspec

from integration.sis.port import SisDenied, SisError, SisRateLimited, SisUnavailable, SisUnreadable

from .address import Address

SCOPE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster.readonly"
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
TRIES = 3
LONGEST_PAUSE_SECONDS = 10.0
"""A SIS that asks to wait longer ends the reading; the run begins again later."""
USUAL_PAUSE_SECONDS = 1.0
REFUSED = {401, 403}
TOO_MANY = 429
BUSY = {429, 503}
SERVER_AT_FAULT = 500


class Token(msgspec.Struct):
    """The answer of the token service."""

    access_token: str


class Status(msgspec.Struct):
    """What the SIS says of a request that failed (imsx_StatusInfo)."""

    imsx_description: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A body, and how many records there are in all (None: the SIS does not say)."""

    body: bytes
    total: int | None


@dataclass(kw_only=True)
class Client:
    """Requests to one service, one after the other."""

    address: Address
    per_second: float
    sleep: Callable[[float], None] = time.sleep
    _token: str = field(default="", repr=False)
    _next_at: float = 0.0
    _http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=TIMEOUT))

    def close(self) -> None:
        """Give the connection back."""
        self._http.close()

    def get(self, path: str, query: Mapping[str, str | int]) -> Answer:
        """One answer; short waits that the SIS asks for are waited.

        Raises `SisDenied`, `SisRateLimited`, `SisUnavailable`, or `SisUnreadable` where it does not know what
        was asked.
        """
        for tried in range(1, TRIES + 1):
            response = self._get(path, query)
            pause = _pause(response)
            if response.status_code not in BUSY or pause > LONGEST_PAUSE_SECONDS or tried == TRIES:
                break
            self.sleep(pause)
        if response.status_code != httpx.codes.OK:
            raise error_of(response)
        total = response.headers.get("x-total-count", "")
        return Answer(body=response.content, total=int(total) if total.isdecimal() else None)

    def _get(self, path: str, query: Mapping[str, str | int]) -> httpx.Response:
        """With a token that was renewed once if the SIS no longer takes the old one."""
        is_new = not self._token
        if is_new:
            self._token = self._ask_for_token()
        response = self._send("GET", self.address.base_url + path, params=query, headers=self._bearer)
        if response.status_code == httpx.codes.UNAUTHORIZED and not is_new:
            self._token = self._ask_for_token()
            response = self._send("GET", self.address.base_url + path, params=query, headers=self._bearer)
        return response

    @property
    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}

    def _ask_for_token(self) -> str:
        address = self.address
        response = self._send(
            "POST",
            address.token_url,
            data={"grant_type": "client_credentials", "scope": SCOPE},
            auth=httpx.BasicAuth(address.client_id, address.secret),
        )
        if response.status_code in {httpx.codes.BAD_REQUEST, *REFUSED}:
            raise SisDenied(
                "The SIS gives us no access token; is SIS_API_KEY right?", words=words_of(response)
            )
        if response.status_code != httpx.codes.OK:
            raise error_of(response)
        try:
            return msgspec.json.decode(response.content, type=Token).access_token
        except msgspec.MsgspecError as error:
            raise SisUnreadable(
                f"{address.token_url} gives no access token; is token= in SIS_URL right?"
            ) from error

    def _send(self, method: str, url: str, **rest: object) -> httpx.Response:
        now = time.monotonic()
        turn = max(now, self._next_at)
        self._next_at = turn + 1 / self.per_second
        if turn > now:
            self.sleep(turn - now)
        try:
            return self._http.request(method, url, **rest)  # type: ignore[arg-type]  # as httpx names them
        except httpx.TransportError as error:
            raise SisUnavailable("The SIS cannot be reached.", words=str(error)) from error


def _pause(response: httpx.Response) -> float:
    """The seconds that the SIS asks to wait."""
    try:
        return float(response.headers["retry-after"])
    except (KeyError, ValueError):  # not said, or a date
        return USUAL_PAUSE_SECONDS


def error_of(response: httpx.Response) -> SisError:
    """What an answer other than 200 means."""
    code, words = response.status_code, words_of(response)
    if code in REFUSED:
        return SisDenied("The SIS does not allow us to read this.", words=words)
    if code == TOO_MANY:
        return SisRateLimited(
            "The SIS has too many requests and asks to wait.",
            words=words,
            retry_after_seconds=_pause(response),
        )
    if code >= SERVER_AT_FAULT:
        return SisUnavailable("The SIS has an error of its own, or is in maintenance.", words=words)
    path = response.request.url.path
    return SisUnreadable(f"The SIS answered {code} to {path} ({words}); is the path in SIS_URL right?")


def words_of(response: httpx.Response) -> str:
    """The SIS's own words."""
    try:
        said = msgspec.json.decode(response.content, type=Status).imsx_description
    except msgspec.MsgspecError:
        said = ""
    return said or f"{response.status_code} {response.reason_phrase}"
