"""Files that commands write: where, and what is said when that is not possible."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from xlwings_kis.cli import terminal
from xlwings_kis.cli.texts import text
from xlwings_kis.errors import failure


def target(name: str) -> Path:
    """Where to write; a link is followed, so that it stays one."""
    target = Path(name)
    with suppress(OSError):  # what is wrong with the name is told when it is written
        return target.resolve() if target.is_symlink() else target
    return target


def writing(target: Path, lang: str, write: Callable[[], None]) -> None:
    """Write, and say where. Raises `FileError` with the reason."""
    with failing(target, lang):
        write()
    terminal.say(text("saved", lang, file=target.name))


@contextmanager
def failing(target: Path, lang: str) -> Iterator[None]:
    """Raises `FileError` with the reason for whatever keeps a file from being written."""
    try:
        if target.exists() and not target.is_file():
            raise FileExistsError("a folder or device has that name")
        yield
    except OSError as trouble:
        reasons = {errno.ENOSPC: "why_full", errno.ENAMETOOLONG: "why_long", errno.ENOENT: "why_folder"}
        why = reasons.get(trouble.errno or 0, "why_odd" if isinstance(trouble, FileExistsError) else "why_open")
        raise failure("cannot_write", file=target.name, reason=text(why, lang)) from trouble
