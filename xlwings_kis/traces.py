"""What this program has left in the state folder, and taking it away again."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from xlwings_kis import files

MARKER = "login.json"
"""Tells running processes that the keyring has changed; holds no secret."""

STORE = "store.sqlite3"
CONFIG = "config.toml"
MACHINE = "machine"
"""A random mark of this machine: on a server, the counters of machines are kept apart by it."""

_PASSING = (MARKER, MACHINE, "xlwings-kis.log", "xlwings-kis.log.1", "xlwings-kis.log.lock", ".*.tmp", f"{STORE}.mend")
_RECORDS = (STORE, f"{STORE}-wal", f"{STORE}-shm", f"{STORE}.damaged-*")


@dataclass(frozen=True, slots=True)
class Left:
    """What is still there: days recorded before today, names of files nobody could remove, and whether it is the config."""

    days: int = 0
    held: tuple[str, ...] = ()
    config: bool = False
    damaged: bool = False


def clear(home: Path, today: date, *, everything: bool) -> Left:
    """Take away what comes again by itself; records of earlier days and the user's config only with `everything`."""
    days = 0 if everything else earlier_days(home / STORE, today)
    damaged = not everything and any(home.glob(f"{STORE}.damaged-*"))
    patterns = list(_PASSING)
    patterns += _RECORDS if everything else _RECORDS[:3] if not days else ()
    patterns += [CONFIG] if everything else []
    held = []
    for path in sorted({path for pattern in patterns for path in home.glob(pattern)}):
        try:
            files.remove_file(path)
        except OSError:  # open in an Excel, on Windows
            held.append(path.name)
    with suppress(OSError):  # there is more in it, or it was never there
        home.rmdir()
    return Left(days, tuple(held), (home / CONFIG).exists(), damaged)


def earlier_days(store: Path, today: date) -> int:
    """On how many days before today something was recorded. A file that cannot be asked counts as one day."""
    if not store.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"{store.resolve().as_uri()}?mode=ro", uri=True, timeout=0.3)) as db:
            (days,) = db.execute(
                "SELECT count(DISTINCT day) FROM snapshot WHERE day < ?", (today.toordinal(),)
            ).fetchone()
    except sqlite3.Error:
        return 1
    return int(days)
