"""The sandbox SIS over HTTP/1.1: a thread for each connection, connections kept alive."""

import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec

from .answers import Answer, ConnectionLost, Request
from .doors import answer
from .sis import SandboxSis

RESET = struct.pack("ii", 1, 0)  # close with a reset, not with a farewell


class Handler(BaseHTTPRequestHandler):
    """Parses a request, asks the SIS, sends what it answers."""

    server: "SandboxServer"
    protocol_version = "HTTP/1.1"
    server_version = "SandboxSIS"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave together

    def _serve(self) -> None:
        if self.server.latency_seconds:
            time.sleep(self.server.latency_seconds)
        try:
            answered, delay = answer(self.server.sis, self._request())
        except ConnectionLost:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.close()
            return
        if delay:
            time.sleep(delay)
        self._send(answered)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815 # the names that the library calls

    def _request(self) -> Request:
        url = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        body, is_readable = None, True
        if raw:
            try:
                body = msgspec.json.decode(raw)
            except msgspec.MsgspecError:
                is_readable = False
        return Request(
            method=self.command,
            path=url.path,
            query=dict(parse_qsl(url.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            is_readable=is_readable,
        )

    def _send(self, answered: Answer) -> None:
        body = b""
        if isinstance(answered.body, str):
            body = answered.body.encode()
        elif answered.body is not None:
            body = msgspec.json.encode(answered.body)
        self.send_response(answered.status)
        self.send_header("Content-Type", answered.media_type)
        for name, value in answered.headers.items():
            self.send_header(name, value)
        if answered.status != 204:  # noqa: PLR2004 # an answer without content has no length either
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 # the library's name
        """Nothing is printed for a request; the journal tells of the writes."""


class SandboxServer(ThreadingHTTPServer):
    """Serves one SIS. As a context manager it serves in a thread of its own until it is left."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(
        self, sis: SandboxSis, *, host: str = "127.0.0.1", port: int = 0, latency_seconds: float = 0.0
    ) -> None:
        super().__init__((host, port), Handler)
        self.sis = sis
        self.latency_seconds = latency_seconds

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that does not wait for the answer is none of our errors."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()
