"""Snapshots in the database: written once, read back exactly or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from xlwings_kis.clock import kst_day
from xlwings_kis.fields import Field
from xlwings_kis.markets import Pair
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.base import DEMO_SCOPE, Sight
from xlwings_kis.store.packed import SHOWS, Packed, Places, Run, stood
from xlwings_kis.today import Memory

_SHOWN = f"standing IN ({', '.join(repr(standing.value) for standing in SHOWS)})"

_SNAPSHOT = (
    "SELECT first_seen, last_seen, people, figures, notes, content, sha256, standing, of FROM snapshot"
    " JOIN roster ON roster.id = snapshot.roster WHERE series = ? AND "
)


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
        self._db.executemany(
            "INSERT OR IGNORE INTO seen (series, day, code) VALUES (?, ?, ?)", [(series, day, c) for c in body.others]
        )

    def runs(self, series: int, day: int) -> list[Run]:
        """All that is stored of a day, in the order it came."""
        rows = self._db.execute(f"{_SNAPSHOT}day = ? ORDER BY snapshot.id", (series, day))
        return [_run(*row) for row in rows.fetchall()]

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
        if latest is None or latest.standing in SHOWS:
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
        return stood(found, moment)

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
        rosters = {roster: Places.among(self._people(roster), wanted) for roster in {row[2] for row in rows}}
        return tuple(Sight(first, last, rosters[roster].figures(figures)) for first, last, roster, figures in rows)

    def _people(self, roster: int) -> str:
        (people,) = self._db.execute("SELECT people FROM roster WHERE id = ?", (roster,)).fetchone()
        return people  # type: ignore[no-any-return] # read as it is, and checked where it is used

    def _one(self, pair: Pair, series: int, where: str, *args: object) -> Snapshot | None:
        row = self._db.execute(f"{_SNAPSHOT}{where} LIMIT 1", (series, *args)).fetchone()
        if row is None:
            return None
        return self._read(pair, _run(*row))

    def day(self, pair: Pair, series: int, day: date) -> Iterator[Snapshot | None]:
        """All tables of a day in order; None for one that cannot be read."""
        rows = self._db.execute(f"{_SNAPSHOT}day = ? ORDER BY snapshot.id", (series, day.toordinal())).fetchall()
        for row in rows:
            try:
                yield self._read(pair, _run(*row))
            except ValueError:
                yield None

    def _read(self, pair: Pair, run: Run) -> Snapshot:
        return run.snapshot(pair, demo=self._scope == DEMO_SCOPE)


def _run(first: float, last: float, *rest: Any) -> Run:
    """A row of `_SNAPSHOT`."""
    *body, standing, of = rest
    return Run(first, last, Packed(*body), standing, of)
