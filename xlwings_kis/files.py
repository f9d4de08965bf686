"""Files written whole or not at all, and folders nobody else may read."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_PRIVATE_FILE = 0o600
_ORDINARY_FILE = 0o666
"""Less what the user's umask takes away."""

_PRIVATE_FOLDER = 0o700

_PAUSES = (0.02, 0.05, 0.1)
"""Seconds between tries: Windows refuses to replace a file that a virus scanner or a reader holds open just then."""


def replace_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write under a temporary name beside `path`, then put it in its place. Raises `OSError`, and then leaves no trace."""
    with replacing(path, private=private) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path, *, private: bool = False) -> Iterator[BinaryIO]:
    """A file to write piece by piece, that takes the place of `path` once all is well. Otherwise like `replace_file`."""
    temporary = path.with_name(f".{path.stem[:40]}-{secrets.token_hex(6)}.tmp")
    mode = _PRIVATE_FILE if private else _ORDINARY_FILE
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _put(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def _put(temporary: Path, path: Path) -> None:
    for pause in _PAUSES:
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    temporary.replace(path)


def private_folder(path: Path) -> Path:
    """Make `path` a folder that only this user may read. Raises `OSError` where that cannot be."""
    path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    if os.name == "posix":
        status = path.lstat()
        if path.is_symlink() or status.st_uid != os.getuid():
            raise PermissionError(f"{path.name} belongs to somebody else")
        if status.st_mode & 0o077 and not status.st_mode & stat.S_ISVTX:  # a shared folder such as /tmp is left alone
            path.chmod(_PRIVATE_FOLDER)
    return path


def remove_file(path: Path) -> bool:
    """Remove a file if it is there; whether something was removed."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True
