"""Signing in to the API with a token. Browsers use their session (with CSRF)."""

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from scheduling.models import ApiToken, User


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer <key>`; keys come from `manage.py make_user NAME --token`."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user; None without such a header. Raises `AuthenticationFailed` for a bad key."""
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        digest = ApiToken.digest_of(key.strip())
        token = ApiToken.objects.select_related("user").filter(digest=digest).first()
        if token is None or not token.user.is_active:
            raise AuthenticationFailed("This token is not valid. Ask the registrar's office for a new one.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 names as the way in."""
        return self.keyword
