"""What this program has left in the state folder, and taking it away again."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from enum import Enum
from pathlib import Path

from xlwings_kis import files, log
from xlwings_kis.settings import STORE
from xlwings_kis.sources import CONFIG, MARKER

GUESTS = "server-tokens.txt"
"""Who may ask this machine's server, and hashes of their tokens."""

MACHINE = "machine"
"""A random mark of this machine: on a server, the counters of machines are kept apart by it."""


class Kind(Enum):
    """What lies in the state folder beside the tokens, and by which names."""

    TABLES = (STORE, f"{STORE}-wal", f"{STORE}-shm")
    LOG = (log.NAME, f"{log.NAME}.1")
    DAMAGED = (f"{STORE}.damaged-*",)
    SETTINGS = (CONFIG,)
    GUESTS = (GUESTS, f"{GUESTS}.lock")
    PASSING = (MARKER, MACHINE, f"{log.NAME}.lock", ".*.tmp", f"{STORE}.mend")
    """Nothing a user has heard of."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was taken away, by kind, and what is still there: days recorded before today, names of files nobody could remove."""

    gone: tuple[Kind, ...] = ()
    days: int = 0
    held: tuple[str, ...] = ()
    config: bool = False
    damaged: bool = False


def clear(home: Path, today: date, *, everything: bool) -> Cleared:
    """Take away what comes again by itself; records of earlier days and the user's config only with `everything`."""
    days = 0 if everything else earlier_days(home / STORE, today)
    kept = () if everything else (Kind.DAMAGED, Kind.SETTINGS, Kind.GUESTS, *([Kind.TABLES] if days else ()))
    gone, held = [], []
    for kind in Kind:
        there = sorted({path for pattern in kind.value for path in home.glob(pattern)}) if kind not in kept else []
        stuck = [path.name for path in there if not _remove(path)]
        held += stuck
        if there and not stuck and kind is not Kind.PASSING:
            gone.append(kind)
    with suppress(OSError):  # there is more in it, or it was never there
        home.rmdir()
    damaged = Kind.DAMAGED in kept and any(home.glob(*Kind.DAMAGED.value))
    return Cleared(tuple(gone), days, tuple(held), (home / CONFIG).exists(), damaged)


def _remove(path: Path) -> bool:
    try:
        files.remove_file(path)
    except OSError:  # open in an Excel, on Windows
        return False
    return True


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
