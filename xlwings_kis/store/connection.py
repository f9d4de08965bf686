"""A connection to a store's file, with the journal, the promises to the disk and the tables this program needs."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from xlwings_kis.store.schema import migrate
from xlwings_kis.store.trouble import trouble_of


def connect(path: Path | str, busy: float) -> sqlite3.Connection:
    """Open a file, making it where there is none; wait at most `busy` seconds for others. Raises `StoreTrouble`."""
    try:
        db = sqlite3.connect(path, timeout=busy, isolation_level=None, check_same_thread=False, cached_statements=64)
        try:
            _use_wal(db)
            db.execute("PRAGMA synchronous = NORMAL")
            migrate(db)
        except BaseException:
            db.close()
            raise
    except Exception as error:  # flipped bytes come out as an error of any kind
        raise trouble_of(error) from error
    return db


def _use_wal(db: sqlite3.Connection) -> None:
    """A new file is switched once. Where another process does the same, SQLite fails at once instead of waiting."""
    for last in (False, False, True):
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if last:
                raise
            db.execute("BEGIN IMMEDIATE")  # this does wait
            db.rollback()
        else:
            return
