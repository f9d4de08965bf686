"""What becomes of a damaged store: it is set aside, once for all processes, and never deleted."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

BUSY_SECONDS = 0.25
"""How long SQLite waits for a file that another process writes."""


class Opened:
    """Which file a process opened last: a damaged one that was set aside and its successor have the same name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: tuple[int, int] | None = None

    def note(self) -> None:
        """To be called before it is opened: whoever replaces the file afterwards is noticed, at worst needlessly."""
        self._file = self._now()

    def still_there(self) -> bool:
        """Whether that file still stands under its name."""
        return self._file is not None and self._file == self._now()

    def _now(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino


def set_aside(path: Path, moment: datetime) -> Path:
    """Move a damaged store out of the way, never to be deleted by us. Raises `OSError` where another process holds it."""
    stem = f"{path.name}.damaged-{moment:%Y%m%d-%H%M%S}"
    names = (path.with_name(f"{stem}-{again}" if again else stem) for again in itertools.count())
    kept = next(name for name in names if not name.exists())
    for tail in ("-wal", "-shm", ""):  # the file last: once it is gone, the others may be those of a new store
        side = path.with_name(path.name + tail)
        if side.exists():
            side.replace(kept.with_name(kept.name + tail))
    return kept


def healthy(path: Path) -> bool:
    """Whether SQLite can read the file: somebody else may have replaced a damaged one meanwhile."""
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError:
        return True
    except (sqlite3.DatabaseError, UnicodeDecodeError):  # the second: of a message that quotes flipped letters
        return False
