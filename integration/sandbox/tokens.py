"""Tokens: signed, good for some minutes, for whoever knows the API key."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field

MINUTES, MOST_MINUTES = 5, 120


@dataclass(kw_only=True)
class Tokens:
    """`api_key` blank: any key will do."""

    api_key: str = ""
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _revoked: set[str] = field(default_factory=set)

    def issue(self, key: str, *, minutes: str, now: dt.datetime) -> str | None:
        """A new token; None for a wrong key."""
        if not key or (self.api_key and not hmac.compare_digest(key.encode(), self.api_key.encode())):
            return None
        asked = int(minutes) if minutes.isdecimal() else MINUTES
        expires = now + dt.timedelta(minutes=min(max(asked, 1), MOST_MINUTES))
        claims = {"iss": "sandbox", "exp": int(expires.timestamp()), "jti": secrets.token_hex(8)}
        signed = f"{_text({'alg': 'HS256', 'typ': 'JWT'})}.{_text(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def is_good(self, token: str, *, now: dt.datetime) -> bool:
        """Whether it was issued here and has not run out."""
        signed, _dot, signature = token.rpartition(".")
        if token in self._revoked or not hmac.compare_digest(
            signature.encode(), self._signature(signed).encode()
        ):
            return False
        payload = signed.partition(".")[2]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return bool(claims["exp"] > now.timestamp())

    def revoke(self, token: str) -> None:
        """Let it run out now."""
        self._revoked.add(token)

    def _signature(self, signed: str) -> str:
        digest = hmac.new(self._secret, signed.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _text(claims: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
