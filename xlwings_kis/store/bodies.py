"""Snapshots in the database: written once, read back exactly or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from xlwings_kis.clock import kst_day, to_kst
from xlwings_kis.fields import INDEX, Field
from xlwings_kis.investors import DISJOINT, FIXED_PLACES
from xlwings_kis.markets import Pair
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store import packing
from xlwings_kis.store.base import DEMO_SCOPE, Sight, StoreTrouble
from xlwings_kis.today import Memory

_SHOWS = (Standing.TODAY, Standing.UNCONFIRMED, Standing.HOLIDAY)
"""What a body counts as whose figures are shown."""

_SHOWN = f"standing IN ({', '.join(repr(standing.value) for standing in _SHOWS)})"

_SNAPSHOT = (
    "SELECT first_seen, last_seen, standing, of, content, sha256, notes, people, figures FROM snapshot"
    " JOIN roster ON roster.id = snapshot.roster WHERE series = ? AND "
)


class Packed(NamedTuple):
    """A body as its row holds it."""

    people: str
    figures: bytes
    notes: str | None
    content: bytes
    sha256: bytes

    @classmethod
    def of(cls, snapshot: Snapshot) -> Packed:
        """Pack it. Raises `StoreTrouble` for what no row can hold."""
        try:
            return cls(
                packing.pack_roster(snapshot.rows),
                packing.pack_figures(snapshot.rows),
                json.dumps(snapshot.notes) if snapshot.notes else None,  # ASCII: half a character stands in no database
                snapshot.content,
                bytes.fromhex(snapshot.sha256),
            )
        except Exception as odd:  # a body that cannot be written says nothing of the file
            raise StoreTrouble("not to be written") from odd


class Run(NamedTuple):
    """A body that stood from its first sight to its last, and what it counts as."""

    first: float
    last: float
    body: Packed
    standing: str
    of: float | None = None


class Bodies:
    """The bodies of one scope on a connection. Transactions and locks are its holder's."""

    def __init__(self, db: sqlite3.Connection, scope: str) -> None:
        self._db = db
        self._scope = scope

    def keep(self, series: int, snapshot: Snapshot) -> bool:
        """Store a body, or move the last sight of the equal one before it. Whether it is the first of its day."""
        day, seen = snapshot.asof.date().toordinal(), snapshot.asof.timestamp()
        last = self._db.execute(
            "SELECT id, content FROM snapshot WHERE series = ? AND day = ? ORDER BY id DESC LIMIT 1",
            (series, day),
        ).fetchone()
        standing, of = snapshot.standing.value, snapshot.of.timestamp() if snapshot.of else None
        if last and last[1] == snapshot.content:
            self._db.execute(
                "UPDATE snapshot SET last_seen = max(last_seen, ?), standing = ?, of = ?, sha256 = ? WHERE id = ?",
                (seen, standing, of, bytes.fromhex(snapshot.sha256), last[0]),
            )
            return False
        self.insert(series, day, Run(seen, seen, Packed.of(snapshot), standing, of))
        return last is None

    def insert(self, series: int, day: int, run: Run) -> None:
        """Store a body as the last one of its day."""
        body = run.body
        self._db.execute("INSERT OR IGNORE INTO roster (people) VALUES (?)", (body.people,))
        self._db.execute(
            "INSERT INTO snapshot (series, day, first_seen, last_seen, standing, of, content, sha256, notes, roster, figures)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM roster WHERE people = ?), ?)",
            (
                series, day, run.first, run.last, run.standing, run.of, body.content, body.sha256,
                body.notes, body.people, body.figures,
            ),
        )  # fmt: skip
        others = [code for code in packing.unpack_roster(body.people) if code not in FIXED_PLACES]
        self._db.executemany(
            "INSERT OR IGNORE INTO seen (series, day, code) VALUES (?, ?, ?)", [(series, day, c) for c in others]
        )

    def runs(self, series: int, day: int) -> list[Run]:
        """All that is stored of a day, in the order it came."""
        rows = self._db.execute(
            "SELECT first_seen, last_seen, people, figures, notes, content, sha256, standing, of FROM snapshot"
            " JOIN roster ON roster.id = snapshot.roster WHERE series = ? AND day = ? ORDER BY snapshot.id",
            (series, day),
        )
        return [Run(row[0], row[1], Packed(*row[2:7]), *row[7:]) for row in rows.fetchall()]

    def replace(self, series: int, day: int, runs: Iterable[Run]) -> None:
        """Store a day anew. Which codes were seen first stays as it was: rows of a table are only ever added."""
        self._db.execute("DELETE FROM snapshot WHERE series = ? AND day = ?", (series, day))
        for run in runs:
            self.insert(series, day, run)

    def drop_before(self, series: int, day: int, most: int) -> int:
        """Remove bodies of earlier days, the oldest first; how many."""
        self._db.execute("DELETE FROM seen WHERE series = ? AND day < ?", (series, day))
        return self._db.execute(
            "DELETE FROM snapshot WHERE id IN"
            " (SELECT id FROM snapshot WHERE series = ? AND day < ? ORDER BY day LIMIT ?)",
            (series, day, most),
        ).rowcount

    def latest(self, pair: Pair, series: int, day: date) -> tuple[Snapshot | None, Snapshot | None]:
        """The last body of a day, and the last one that shows figures."""
        latest = self._one(pair, series, "day = ? ORDER BY snapshot.id DESC", day.toordinal())
        if latest is None or latest.standing in _SHOWS:
            return latest, latest
        return latest, self._one(pair, series, f"day = ? AND {_SHOWN} ORDER BY snapshot.id DESC", day.toordinal())

    def witnesses(self, pair: Pair, series: int, day: date) -> Memory:
        """What a body received that day can be held against."""
        previous = f"day = ? AND standing = '{Standing.PREVIOUS.value}' ORDER BY snapshot.id DESC"
        return Memory(
            self._one(pair, series, "day < ? ORDER BY day DESC, snapshot.id DESC", day.toordinal()),
            self._one(pair, series, previous, day.toordinal()),
        )

    def at(self, pair: Pair, series: int, moment: float) -> Snapshot | None:
        """See `base.Store.at`."""
        found = self._one(
            pair,
            series,
            f"day = ? AND {_SHOWN} AND first_seen <= ? ORDER BY first_seen DESC, snapshot.id DESC",
            kst_day(moment).toordinal(),
            moment,
        )
        return replace(found, asof=min(found.asof, to_kst(moment))) if found else None

    def differing(self, series: int, shown: Snapshot) -> Snapshot | None:
        """See `base.Store.differing`."""
        return self._one(
            shown.pair,
            series,
            f"day = ? AND standing = '{Standing.TODAY.value}' AND first_seen <= ? AND content <> ?"
            " ORDER BY first_seen DESC, snapshot.id DESC",
            shown.asof.date().toordinal(),
            (shown.changed or shown.asof).timestamp(),
            shown.content,
        )

    def series(self, series: int, day: date, wanted: Sequence[tuple[str, Field]]) -> tuple[Sight, ...]:
        """See `base.Store.series`."""
        rows = self._db.execute(
            "SELECT first_seen, last_seen, roster, figures FROM snapshot"
            " WHERE series = ? AND day = ? AND standing = ? ORDER BY last_seen",
            (series, day.toordinal(), Standing.TODAY.value),
        ).fetchall()
        rosters = {roster: self._places(roster, wanted) for roster in {row[2] for row in rows}}
        sights = []
        for first, last, roster, figures in rows:
            size, places, summed = rosters[roster]
            found = iter(packing.unpack_some(figures, size, places))
            sights.append(Sight(first, last, tuple(_sum([next(found) for _ in range(parts)]) for parts in summed)))
        return tuple(sights)

    def _places(self, roster: int, wanted: Sequence[tuple[str, Field]]) -> tuple[int, list[tuple[int, int]], list[int]]:
        """Where the wanted figures stand among so many rows, and of how many parts each is the sum: 0 where one is missing."""
        (people,) = self._db.execute("SELECT people FROM roster WHERE id = ?", (roster,)).fetchone()
        rows = packing.unpack_roster(people)
        places, summed = [], []
        for code, field in wanted:
            codes = (code,) if code else DISJOINT
            there = [(rows.index(one), INDEX[field.wire]) for one in codes if one in rows]
            whole = len(there) == len(codes)
            places += there if whole else []
            summed.append(len(there) if whole else 0)
        return len(rows), places, summed

    def _one(self, pair: Pair, series: int, where: str, *args: object) -> Snapshot | None:
        row = self._db.execute(f"{_SNAPSHOT}{where} LIMIT 1", (series, *args)).fetchone()
        if row is None:
            return None
        return self._read(pair, *row)

    def day(self, pair: Pair, series: int, day: date) -> Iterator[Snapshot | None]:
        """All tables of a day in order; None for one that cannot be read."""
        rows = self._db.execute(f"{_SNAPSHOT}day = ? ORDER BY snapshot.id", (series, day.toordinal())).fetchall()
        for row in rows:
            try:
                yield self._read(pair, *row)
            except ValueError:
                yield None

    def _read(
        self, pair: Pair, first_seen: float, last_seen: float, standing: str, of: float | None,
        content: bytes, sha256: bytes, notes: str | None, people: str, figures: bytes,
    ) -> Snapshot:  # fmt: skip
        try:
            snapshot = Snapshot(
                pair,
                to_kst(last_seen),
                packing.unpack(people, figures),
                _texts(notes),
                to_kst(first_seen),
                _moment(of),
                Standing(standing),
                demo=self._scope == DEMO_SCOPE,
                sha256=sha256.hex(),
            )
            whole = snapshot.content == content
        except (TypeError, AttributeError, OverflowError, OSError, UnicodeError) as damaged:
            raise ValueError("not a stored snapshot") from damaged
        if not whole:
            raise ValueError("not the figures that were stored")
        return snapshot


def _sum(figures: list[Figure]) -> Figure:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known and len(known) == len(figures) else None


def _moment(epoch: float | None) -> datetime | None:
    return None if epoch is None else to_kst(epoch)


def _texts(notes: str | None) -> tuple[str, ...]:
    texts = json.loads(notes or "[]")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("not stored notes")
    return tuple(texts)
