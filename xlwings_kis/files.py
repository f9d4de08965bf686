"""Files written whole or not at all, and folders nobody else may read."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_PRIVATE_FILE = 0o600
_ORDINARY_FILE = 0o666
"""Less what the user's umask takes away."""

_PRIVATE_FOLDER = 0o700

_TEMPORARY = ".xlwings-kis.tmp"
"""How the names of our temporary files end: nobody else's."""

_LEFT_BEHIND = 3600.0
"""Seconds after which nobody writes a temporary file any more: whoever began it was killed."""

_PAUSES = (0.02, 0.05, 0.1)
"""Seconds between tries: Windows refuses to replace a file that a virus scanner or a reader holds open just then."""


def replace_file(path: Path, data: bytes, *, private: bool = False, by: Path | None = None) -> None:
    """Write under a temporary name, then put it in its place. Raises `OSError`, and then leaves no trace.

    What an earlier process could not clear away, for it was killed, goes with the next file written to that folder.

    The temporary file lies beside `path`, or in the folder `by` of the same disk, where nobody else may find it half done.
    """
    with replacing(path, private=private, by=by) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path, *, private: bool = False, by: Path | None = None) -> Iterator[BinaryIO]:
    """A file to write piece by piece, that takes the place of `path` once all is well. Otherwise like `replace_file`."""
    folder = by or path.parent
    temporary = folder / f".{path.stem[:40]}-{secrets.token_hex(6)}{_TEMPORARY}"
    mode = _PRIVATE_FILE if private else _ORDINARY_FILE
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            written = os.fstat(file.fileno()).st_mtime
        _put(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sweep(folder, f".*{_TEMPORARY}", written)


def sweep(folder: Path, pattern: str, now: float) -> None:
    """Remove what processes that were killed have left in a folder: what nobody has touched for long."""
    with contextlib.suppress(OSError):  # somebody else may do the same, or may not let us: there is another time
        for left in folder.glob(pattern):
            if now - left.lstat().st_mtime > _LEFT_BEHIND:
                shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()


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
