"""How a text becomes a setting. Each raises `ValueError`, which never tells the value, or a `SettingsError` that says more."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from xlwings_kis.address import Address, is_loopback
from xlwings_kis.errors import ArgumentError, failure
from xlwings_kis.secret import Secret

_PAPER_HOST = "openapivts"
_LONGEST_NAME = 255


def secret(value: str) -> Secret:
    """Letters of a key: ASCII without blanks."""
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError
    return Secret(value)


def between(low: float, high: float) -> Callable[[str], float]:
    """A number from `low` to `high`."""

    def read(value: str) -> float:
        number = float(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`."""

    def read(value: str) -> int:
        number = int(value)
        if not low <= number <= high:
            raise ValueError
        return number

    return read


def choice(*words: str) -> Callable[[str], str]:
    """One of these words."""

    def read(value: str) -> str:
        if value not in words:
            raise ValueError
        return value

    return read


def switch(value: str) -> bool:
    """On or off; blank is off."""
    if value.lower() not in ("", "0", "1", "true", "false", "on", "off"):
        raise ValueError
    return value.lower() in ("1", "true", "on")


def address(value: str) -> str:
    """The address of the gateway: https, or http on this machine; no user, question or fragment. Without the last stroke."""
    parts = urlsplit(value.strip())
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError
    if _PAPER_HOST in host:
        raise failure("paper_domain")
    if parts.scheme == "http" and not is_loopback(host):
        raise failure("plain_http")
    parts.port  # noqa: B018 - raises ValueError for a port that is none
    return value.strip().rstrip("/")


def host(value: str) -> str:
    """The name or number of a machine."""
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.:_-]*[A-Za-z0-9])?", value):
        raise ValueError
    return value


def port(value: str) -> int:
    """A TCP port."""
    if not 0 < int(value) < 65536:
        raise ValueError
    return int(value)


def account(value: str) -> str:
    """A user's name at a server."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError
    return value


def password(value: str) -> Secret:
    """A password; blanks are part of some."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError
    return Secret(value)


def mailbox(value: str) -> str:
    """One address of mail, with or without a shown name, as it is written in a letter."""
    from xlwings_kis.mail import addresses

    try:
        return str(addresses.one(value))
    except ArgumentError:
        raise ValueError from None


def file(value: str) -> str:
    """The path of a file: not in somebody's folder who is not there, nor of letters or a length that no disk takes."""
    try:
        parts = Path(value).expanduser().parts
    except RuntimeError:
        raise ValueError from None
    if not value.isprintable() or any(len(part.encode()) > _LONGEST_NAME for part in parts):
        raise ValueError
    return value


def store(value: str) -> str | Address:
    """The path of a file, or the address of a server that machines share."""
    path = file(value)
    return Address.read(value) if "://" in value else path


def store_key(value: str) -> Secret:
    """32 bytes in base64, as `secrets.token_urlsafe(32)` makes them."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}=?", value):
        raise ValueError
    return Secret(value.rstrip("="))
