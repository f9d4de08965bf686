"""The tables, by version. A migration keeps data; a file newer than the program is left alone."""

from __future__ import annotations

import sqlite3

MIGRATIONS = (
    """
    CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        scope TEXT NOT NULL,
        pair TEXT NOT NULL,
        asked REAL NOT NULL DEFAULT 0,
        fetched REAL NOT NULL DEFAULT 0,
        fetched_day INTEGER NOT NULL DEFAULT 0,
        empty INTEGER NOT NULL DEFAULT 0,
        holder TEXT,
        lease_until REAL NOT NULL DEFAULT 0,
        problem TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        rest_from REAL NOT NULL DEFAULT 0,
        rest_until REAL NOT NULL DEFAULT 0,
        settings TEXT NOT NULL DEFAULT '',
        UNIQUE (scope, pair)
    );
    CREATE TABLE roster (id INTEGER PRIMARY KEY, people TEXT NOT NULL UNIQUE);
    CREATE TABLE snapshot (
        id INTEGER PRIMARY KEY,
        series INTEGER NOT NULL REFERENCES series,
        day INTEGER NOT NULL,
        first_seen REAL NOT NULL,
        last_seen REAL NOT NULL,
        standing TEXT NOT NULL,
        of REAL,
        content BLOB NOT NULL,
        sha256 BLOB NOT NULL,
        notes TEXT,
        roster INTEGER NOT NULL REFERENCES roster,
        figures BLOB NOT NULL
    );
    CREATE INDEX snapshot_by_day ON snapshot (series, day, last_seen);
    CREATE TABLE seen (
        id INTEGER PRIMARY KEY, series INTEGER NOT NULL, day INTEGER NOT NULL, code TEXT NOT NULL,
        UNIQUE (series, day, code)
    );
    CREATE TABLE bucket (scope TEXT PRIMARY KEY, level REAL NOT NULL, at REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE clock (scope TEXT PRIMARY KEY, skew REAL NOT NULL) WITHOUT ROWID;
    CREATE TABLE counter (
        scope TEXT NOT NULL, day INTEGER NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL,
        PRIMARY KEY (scope, day, kind)
    ) WITHOUT ROWID;
    """,
    "",  # figures carry a checksum now: the program of version 1 would take them for damaged
)


def migrate(db: sqlite3.Connection) -> None:
    """Bring the file to this program's version; several processes may try at once."""
    if _version(db) == len(MIGRATIONS):
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _version(db)
        if version > len(MIGRATIONS):
            raise sqlite3.OperationalError("the store belongs to a newer xlwings-kis")
        for migration in MIGRATIONS[version:]:
            for statement in migration.split(";"):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        db.rollback()
        raise
    db.commit()


def current(db: sqlite3.Connection) -> bool:
    """Whether the file claims to have this program's tables."""
    try:
        return _version(db) == len(MIGRATIONS)
    except sqlite3.Error:
        return False


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
