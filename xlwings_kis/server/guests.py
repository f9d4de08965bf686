"""Who may ask: a file with one line for each person, `name:sha256:…`, the hash of a token that was shown once.

A token is 256 random bits, so its plain hash tells nobody anything. The file is read again when it has changed; one that
is gone, or that others may write, lets nobody in.
"""

from __future__ import annotations

import codecs
import hmac
import os
import re
import secrets
import stat
import threading
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from xlwings_kis import traces
from xlwings_kis.errors import failure
from xlwings_kis.files import private_folder, replace_file

FILE = traces.GUESTS
"""In the state folder, unless another is named."""

_KIND = "sha256"
_NAME = re.compile(r"[\w.@ -]{1,64}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LONGEST = 1024 * 1024
_BEARER = "bearer "
_LOCK_SECONDS = 10.0


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
    return tuple(guest for guest in map(_guest, text.split("\n")) if guest)


def _guest(line: str) -> Guest | None:
    name, _, rest = line.strip().partition(":")
    kind, _, given = rest.partition(":")
    given = given.lower()
    known = kind == _KIND and named(name) and _HASH.fullmatch(given)
    return Guest(name, given) if known else None


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
        """A new token for a person, and whether there was one before: that one ends. Raises like `remove`."""
        token = secrets.token_urlsafe(32)
        return token, self._rewrite(name, Guest(name, hashed(token)))

    def remove(self, name: str) -> bool:
        """Let a person in no more; whether there was one. Raises `OSError`, `SettingsError` where others may read it."""
        return self._rewrite(name, None)

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
            with self.path.open(
                encoding="utf-8-sig", errors="replace", newline="\n"
            ) as file:  # an editor may have put a mark in front
                return parse(file.read(_LONGEST))
        except OSError:
            return ()

    def _rewrite(self, name: str, guest: Guest | None) -> bool:
        """Put this line in the place of a person's, for one process after the other; whether there was one.

        Remarks, and lines that others understand, stay as they are.
        """
        import filelock

        private_folder(self.path.parent) if not self.path.parent.exists() else None
        try:
            with filelock.FileLock(self.path.with_name(f"{self.path.name}.lock"), timeout=_LOCK_SECONDS):
                lines = self._lines()
                others = [line for line in lines if _whose(line) != name]
                known = len(others) < len(lines)
                if guest:
                    at = [_whose(line) for line in lines].index(name) if known else len(lines)
                    others.insert(at, guest.line.encode())
                if guest or known:
                    replace_file(self.path, b"".join(line + b"\n" for line in others), private=True)
        except filelock.Timeout as busy:
            raise TimeoutError(f"{self.path.name} is locked") from busy
        return known

    def _lines(self) -> list[bytes]:
        """What stands there, line by line, if nobody else can have put it there."""
        if not self.path.exists():
            return []
        if not private(self.path.stat()):
            raise failure("open_tokens", file=self.path.name)
        found = self.path.read_bytes().removeprefix(codecs.BOM_UTF8)
        return found.removesuffix(b"\n").split(b"\n") if found else []


def _whose(line: bytes) -> str | None:
    guest = _guest(line.decode("utf-8", "replace"))
    return guest.name if guest else None


def hashed(token: str) -> str:
    """What stands in the file for a token."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def private(found: os.stat_result) -> bool:
    """Whether nobody else may read or write it. Windows keeps that elsewhere: the folder is the user's own."""
    return os.name != "posix" or not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
