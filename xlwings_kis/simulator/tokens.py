"""The register of access tokens: issuing, re-issuing, expiry.

Rules (observation, H): one issue a minute; a call within six hours returns the same token; a token lives 24
hours. Whether a later issue kills an older token is not known (M): here it does not.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from . import refusals
from .answers import Refusal

LIFETIME = timedelta(hours=24)
SAME_TOKEN_FOR = timedelta(hours=6)
# Header of a JWT, as KIS's tokens have: {"typ":"JWT","alg":"HS512"}.
_JWT_HEADER = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9"


@dataclass(frozen=True)
class Token:
    """An issued token; `issued` and `expires` are aware."""

    text: str = field(repr=False)
    issued: datetime
    expires: datetime


class TokenRegister:
    """Not thread-safe: the gateway holds its lock."""

    def __init__(self, accepted: Iterable[str] = ()) -> None:
        self.issued: list[str] = []  # one entry per issue, so a token handed out twice is in it twice
        self._brought = frozenset(accepted)
        self._known: dict[str, Token] = {}
        self._expired: set[str] = set()
        self._newest: Token | None = None
        self._last_issue: datetime | None = None

    def issue(self, now: datetime, interval: timedelta) -> Token | Refusal:
        """A new token, or the one of the last six hours; refused within `interval` of the last issue."""
        if self._last_issue is not None and timedelta(0) <= now - self._last_issue < interval:
            return refusals.TOKEN_TOO_SOON
        token = self._newest
        if token is None or not self._still_given_out(token, now):
            token = self._newest = _new_token(now)
            self._known[token.text] = token
        self._last_issue = now
        self.issued.append(token.text)
        return token

    def refuse(self, text: str, now: datetime) -> Refusal | None:
        """Why a call with this token is refused, if it is."""
        if text in self._brought:
            return None
        token = self._known.get(text)
        if token is None:
            return refusals.TOKEN_INVALID
        if text in self._expired or now >= token.expires:
            return refusals.TOKEN_EXPIRED
        return None

    def expire_all(self) -> None:
        self._expired.update(self._known)

    def revoke_all(self) -> None:
        self._known.clear()

    def _still_given_out(self, token: Token, now: datetime) -> bool:
        age = now - token.issued
        return timedelta(0) <= age < SAME_TOKEN_FOR and self.refuse(token.text, now) is None


def _new_token(now: datetime) -> Token:
    # Random, not seeded: a token of one simulator must never be good at another. Whole seconds, for the
    # expiry is told in whole seconds.
    issued = now.replace(microsecond=0)
    text = f"{_JWT_HEADER}.{secrets.token_urlsafe(144)}.{secrets.token_urlsafe(64)}"
    return Token(text, issued, issued + LIFETIME)
