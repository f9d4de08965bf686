"""Files written whole or not at all, and folders nobody else may read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


def replace_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write under a temporary name beside `path`, then put it in its place. Raises `OSError`, and then leaves no trace."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if not private and os.name == "posix":
            temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def private_folder(path: Path) -> Path:
    """Make `path` a folder that only this user may read. Raises `OSError` where that cannot be."""
    path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    if os.name == "posix":
        status = path.lstat()
        if path.is_symlink() or status.st_uid != os.getuid():
            raise PermissionError(f"{path.name} belongs to somebody else")
        if status.st_mode & 0o077:
            path.chmod(_PRIVATE_FOLDER)
    return path


def remove_file(path: Path) -> bool:
    """Remove a file if it is there; whether something was removed."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
