"""Who may ask: a file with one line for each person, `name:sha256:…`, the hash of a token that was shown once.

A token is 256 random bits, so its plain hash tells nobody anything. The file is read again when it has changed; one that
is gone, or that others may write, lets nobody in.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
import stat
import threading
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from xlwings_kis.errors import failure
from xlwings_kis.files import private_folder, replace_file

FILE = "server-tokens.txt"
"""In the state folder, unless another is named."""

_KIND = "sha256"
_NAME = re.compile(r"[\w.@ -]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST = 1024 * 1024
_BEARER = "bearer "


class Guest(NamedTuple):
    """One person."""

    name: str
    hash: str

    @property
    def line(self) -> str:
        """As it stands in the file."""
        return f"{self.name}:{_KIND}:{self.hash}"


def parse(text: str) -> tuple[Guest, ...]:
    """The people of a file. A line nobody understands lets nobody in; `#` begins a remark."""
    found = []
    for line in text.splitlines():
        name, _, rest = line.strip().partition(":")
        kind, _, given = rest.partition(":")
        if kind == _KIND and named(name) and _HASH.fullmatch(given):
            found.append(Guest(name, given))
    return tuple(found)


def named(name: str) -> bool:
    """Whether that can be a person's name here: letters of any language, digits, `. @ - _` and blanks within."""
    return bool(_NAME.fullmatch(name)) and name == name.strip()


class GuestBook:
    """The file, read again when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.Lock()
        self._sign: object = None
        self._guests: tuple[Guest, ...] = ()

    def who(self, credentials: str) -> str | None:
        """Whose credentials these are: what stands in `Authorization`, with or without `Bearer`. None is nobody's."""
        token = credentials[len(_BEARER) :] if credentials[: len(_BEARER)].lower() == _BEARER else credentials
        given = hashed(token.strip())
        found = None
        for guest in self.guests():  # all of them, so that the time tells nothing
            if hmac.compare_digest(guest.hash, given):
                found = guest.name
        return found

    def guests(self) -> tuple[Guest, ...]:
        """Everybody there is now."""
        with self._mutex:
            sign = self._look()
            if sign != self._sign:
                self._guests = self._read() if sign else ()
                self._sign = sign
            return self._guests

    def add(self, name: str) -> tuple[str, bool]:
        """A new token for a person, and whether there was one before: that one ends. Raises `OSError`."""
        token = secrets.token_urlsafe(32)
        others = [guest for guest in self.guests() if guest.name != name]
        self._write((*others, Guest(name, hashed(token))))
        return token, len(others) < len(self._guests)

    def remove(self, name: str) -> bool:
        """Let a person in no more; whether there was one. Raises `OSError`."""
        others = [guest for guest in self.guests() if guest.name != name]
        known = len(others) < len(self._guests)
        if known:
            self._write(tuple(others))
        return known

    def check(self) -> None:
        """Raises `SettingsError` where the file lets nobody in, or others may write or read it."""
        if not self.path.is_file():
            raise failure("no_tokens", file=self.path.name)
        if not private(self.path.stat()):
            raise failure("open_tokens", file=self.path.name)
        if not self.guests():
            raise failure("no_tokens", file=self.path.name)

    def _look(self) -> object:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino) if private(found) else None

    def _read(self) -> tuple[Guest, ...]:
        try:
            with self.path.open(encoding="utf-8", errors="replace") as file:
                return parse(file.read(_LONGEST))
        except OSError:
            return ()

    def _write(self, guests: tuple[Guest, ...]) -> None:
        private_folder(self.path.parent) if not self.path.parent.exists() else None
        replace_file(self.path, "".join(f"{guest.line}\n" for guest in guests).encode(), private=True)


def hashed(token: str) -> str:
    """What stands in the file for a token."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def private(found: os.stat_result) -> bool:
    """Whether nobody else may read or write it. Windows keeps that elsewhere: the folder is the user's own."""
    return os.name != "posix" or not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
