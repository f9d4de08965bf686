"""Addresses: which hosts are this machine, and where a store that machines share is, never shown with its password. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from xlwings_kis.secret import Secret

SCHEMES = ("redis", "rediss", "unix")
_PORT = 6379


@dataclass(frozen=True, slots=True)
class Address:
    """A Redis server. `path`: of a socket in the file system (`unix`). `repr` and `str` have no user and no password."""

    scheme: str
    host: str = ""
    port: int = _PORT
    path: str = field(default="", repr=False)
    db: int = 0
    username: str = field(default="", repr=False)
    password: Secret | None = field(default=None, repr=False)

    @classmethod
    def read(cls, url: str) -> Address:
        """`rediss://user:password@host:6380/0`, `unix:///run/redis.sock?db=1`. Raises `ValueError`, which never tells it."""
        try:
            parts = urlsplit(url.strip())
            options = parse_qs(parts.query, strict_parsing=bool(parts.query))
            if parts.scheme not in SCHEMES or parts.fragment or set(options) - {"db"}:
                raise ValueError
            socket = parts.scheme == "unix"
            if bool(parts.hostname) == socket or (socket and not parts.path.startswith("/")):
                raise ValueError
            number = parts.path.strip("/") if not socket else ""
            db = int(options["db"][0] if "db" in options else number or 0)
            port = parts.port or _PORT
            if db < 0 or (number and "db" in options):
                raise ValueError
        except ValueError:
            raise ValueError("not the address of a store") from None
        password = _part(parts, "password")
        return cls(
            parts.scheme, parts.hostname or "", port, unquote(parts.path) if socket else "", db,
            _part(parts, "username"), Secret(password) if password else None,
        )  # fmt: skip

    @property
    def private(self) -> bool:
        """Whether nobody can listen on the way: TLS, or this machine itself."""
        return self.scheme in ("rediss", "unix") or is_loopback(self.host)

    def __str__(self) -> str:
        if self.scheme == "unix":
            return "unix://…"  # a path may name the user
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}" + (f"/{self.db}" if self.db else "")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _part(parts: SplitResult, name: str) -> str:
    return unquote(getattr(parts, name) or "")
