"""HTTP to an Ethos site: the token, the pace, and from every answer to a document or the error that it means.

A read that fails for a passing reason is repeated a few times. A write never is: its outcome may be unknown,
and only the caller can look.
"""

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import msgspec

from integration.sis.ethos.complaints import complaints_of
from integration.sis.ethos.media import media_type
from integration.sis.ethos.pace import Pace
from integration.sis.ethos.refusals import Judge
from integration.sis.port import (
    SisDenied,
    SisError,
    SisNotFound,
    SisOutcomeUnknown,
    SisRateLimited,
    SisRejected,
    SisUnavailable,
    SisUnreadable,
)

READ_TRIES = 4
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 30.0
"""A read waits no longer for a SIS that asks to wait; the run ends as unavailable instead."""
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
CONNECTIONS = 16
TOKEN_MINUTES = 30
USUAL_WAIT_SECONDS = 1.0
"""Where the SIS asks to wait and does not say how long."""
SAID: Mapping[int, tuple[type[SisError], str]] = {
    401: (SisDenied, "The SIS does not take our token, not even a new one."),
    403: (SisDenied, "The SIS does not allow Tandem's key to do this."),
    404: (SisNotFound, "The SIS does not have this record."),
    405: (SisRejected, "This SIS does not take this kind of write."),
}
WAITING: Mapping[int, tuple[type[SisError], str]] = {
    429: (SisRateLimited, "The SIS has too many requests and asks to wait."),
    503: (SisUnavailable, "The SIS is overloaded or in maintenance."),
}
"""Answers that say surely that nothing was done, and when to come again."""

NO_KEY = "none"
"""What is sent where no key is set: a sandbox SIS may take any, a real one says that it does not."""

Document = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A document (None: there is none) with the headers it came with."""

    document: Any
    headers: Mapping[str, str]

    def number(self, name: str) -> int | None:
        """A header that holds a whole number, such as ``x-total-count``."""
        text = self.headers.get(name, "")
        return int(text) if text.isdecimal() else None


@dataclass(kw_only=True)
class EthosClient:
    """Requests to one site; threads may share it. `page`: records a page, where fewer than usual."""

    base_url: str
    api_key: str
    pace: Pace
    judge: Judge = field(default_factory=Judge)
    page: int = 0
    sleep: Callable[[float], None] = time.sleep
    _token: str = ""
    _renewing: threading.Lock = field(default_factory=threading.Lock)
    _http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._http = httpx.Client(
            base_url=self.base_url, timeout=TIMEOUT, limits=limits, verify=_trusted_certificates()
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    # ---- what is asked

    def get(self, path: str, *, resource: str = "", query: Mapping[str, str] | None = None) -> Answer:
        """A document; `SisNotFound` where there is none. Passing failures are waited out."""
        headers = {"Accept": media_type(resource)}
        for tried in range(1, READ_TRIES + 1):
            try:
                return self._read("GET", path, headers=headers, params=query)
            except SisDenied:
                raise
            except SisUnavailable as error:
                pause = error.retry_after_seconds or FIRST_PAUSE_SECONDS * 2 ** (tried - 1)
                if tried == READ_TRIES or pause > LONGEST_PAUSE_SECONDS:
                    raise
                self.sleep(pause)
        raise AssertionError(READ_TRIES)

    def one(self, resource: str, guid: str) -> Document | None:
        """One record of a resource; None where the SIS does not have it."""
        try:
            document = self.get(f"/api/{resource}/{guid}", resource=resource).document
        except SisNotFound:
            return None
        return document if isinstance(document, dict) else None

    def head(self, path: str) -> Mapping[str, str]:
        """The headers that an answer would have."""
        return self._read("HEAD", path, headers={}, params=None).headers

    def write(self, method: str, resource: str, guid: str, body: Document | None = None) -> Document:
        """POST, PUT or DELETE a record; the document answered (empty where there is none)."""
        path = f"/api/{resource}/{guid}" if guid else f"/api/{resource}"
        kind = media_type(resource)
        headers = {"Accept": kind}
        content = None
        if body is not None:
            headers["Content-Type"], content = kind, msgspec.json.encode(body)
        response = self._send(method, path, headers=headers, params=None, content=content, is_write=True)
        self._refuse(response, is_write=True)
        try:
            document = msgspec.json.decode(response.content) if response.content else {}
        except msgspec.DecodeError:  # it took effect; what it says of it is of no use
            document = {}
        return document if isinstance(document, dict) else {}

    # ---- how it is sent

    def _read(
        self, method: str, path: str, *, headers: dict[str, str], params: Mapping[str, str] | None
    ) -> Answer:
        response = self._send(method, path, headers=headers, params=params, content=None, is_write=False)
        self._refuse(response, is_write=False)
        try:
            document = msgspec.json.decode(response.content) if response.content else None
        except msgspec.DecodeError as error:
            raise SisUnreadable(
                f"The SIS's answer to {path} is no JSON: {error}. Look whether SIS_URL names an Ethos site."
            ) from error
        return Answer(document=document, headers=response.headers)

    def _send(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str],
        params: Mapping[str, str] | None,
        content: bytes | None,
        is_write: bool,
    ) -> httpx.Response:
        """One request; an expired token is renewed once."""
        for is_last in (False, True):
            token = self._current_token()
            given = {**headers, "Authorization": f"Bearer {token}"}
            response = self._call(
                method, path, headers=given, params=params, content=content, is_write=is_write
            )
            if response.status_code != httpx.codes.UNAUTHORIZED or is_last:
                break
            self._forget(token)
        return response

    def _call(self, method: str, path: str, *, is_write: bool, **given: Any) -> httpx.Response:
        self.pace.take()
        try:
            response = self._http.request(method, path, **given)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise SisUnavailable(f"The SIS at {self.base_url} does not answer.", words=str(error)) from error
        except httpx.TransportError as error:
            if is_write:
                raise SisOutcomeUnknown(
                    "The SIS's answer was lost; whether it took effect is looked up.", words=str(error)
                ) from error
            raise SisUnavailable(
                f"The SIS at {self.base_url} broke off its answer.", words=str(error)
            ) from error
        if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
            self.pace.went_through()
        return response

    def _current_token(self) -> str:
        with self._renewing:
            if not self._token:
                response = self._call(
                    "POST",
                    "/auth",
                    is_write=False,
                    params={"expirationMinutes": str(TOKEN_MINUTES)},
                    headers={"Authorization": f"Bearer {self.api_key or NO_KEY}"},
                )
                if response.status_code in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
                    raise SisDenied("The SIS does not take our key; check SIS_API_KEY.", words=response.text)
                self._refuse(response, is_write=False)
                self._token = response.text.strip()
            return self._token

    def _forget(self, token: str) -> None:
        with self._renewing:
            if self._token == token:
                self._token = ""

    # ---- what an answer means

    def _refuse(self, response: httpx.Response, *, is_write: bool) -> None:
        """Raise what an answer that is no success means."""
        if response.is_success:
            return
        complaints = complaints_of(response.content)
        words = f"HTTP {response.status_code} " + "; ".join(f"{one.code} {one.text}" for one in complaints)
        raise self._error(response, self.judge.error_of(complaints), words.strip(), is_write=is_write)

    def _error(self, response: httpx.Response, judged: SisError, words: str, *, is_write: bool) -> SisError:
        status = response.status_code
        if status in SAID:
            kind, message = SAID[status]
            return kind(message, words=words)
        if status in WAITING:
            kind, message = WAITING[status]
            seconds = _seconds(response.headers.get("Retry-After", ""))
            if status == httpx.codes.TOO_MANY_REQUESTS:
                self.pace.slow_down(seconds)
            return kind(message, words=words, retry_after_seconds=seconds)
        if status < httpx.codes.INTERNAL_SERVER_ERROR:
            return judged
        if is_write:
            message = "The SIS failed while it wrote; whether it took effect is looked up."
            return SisOutcomeUnknown(message, words=words)
        return SisUnavailable("The SIS fails to answer.", words=words)


@cache
def _trusted_certificates() -> ssl.SSLContext:
    """Read once a process: it takes longer than many a request."""
    return httpx.create_ssl_context()


def _seconds(text: str) -> float:
    """A ``Retry-After`` in seconds; the usual wait for a date, for nonsense, and where there is none."""
    try:
        return max(0.0, float(text))
    except ValueError:
        return USUAL_WAIT_SECONDS
