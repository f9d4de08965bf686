"""Files that commands write: where, and one sentence when that fails."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlwings_kis.cli.texts import text
from xlwings_kis.errors import failure

_REASONS = {errno.ENOSPC: "why_full", errno.ENAMETOOLONG: "why_long", errno.ENOENT: "why_folder"}


def target(name: str) -> Path:
    """Where to write; a link is followed, so that it stays one."""
    path = Path(name)
    with suppress(OSError):  # what is wrong with the name is told when it is written
        return path.resolve() if path.is_symlink() else path
    return path


@contextmanager
def writing(path: Path, lang: str) -> Iterator[None]:
    """Raises `FileError` with the reason for whatever keeps a file from being written."""
    try:
        if path.exists() and not path.is_file():
            raise FileExistsError("a folder or device has that name")
        yield
    except OSError as trouble:
        otherwise = "why_odd" if isinstance(trouble, FileExistsError) else "why_open"
        why = _REASONS.get(trouble.errno or 0, otherwise)
        raise failure("cannot_write", file=path.name, reason=text(why, lang)) from trouble
