"""The store as a whole, for the commands that look through it, take from it and add to it. They may wait; formulas may not."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

from xlwings_kis.clock import to_kst
from xlwings_kis.markets import Exchange, Pair
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.bodies import Bodies
from xlwings_kis.store.connection import connect
from xlwings_kis.store.merging import Arrival, merged, unknown
from xlwings_kis.store.packed import Packed, Run
from xlwings_kis.store.trouble import guarded, transaction
from xlwings_kis.today import Body, Memory, judge

_BUSY_SECONDS = 10.0
_AT_ONCE = 2000
"""Rows removed in one go: nobody else has to wait longer for the file than formulas do."""


class Stored(NamedTuple):
    """What there is of one pair."""

    pair: Pair
    days: int
    tables: int
    first: date
    last: date


class Received(NamedTuple):
    """A body of elsewhere: whose, when, and whether it has figures at all."""

    pair: Pair
    arrival: Arrival
    empty: bool


class Merged(NamedTuple):
    """What became of bodies: stored, known already, without figures."""

    new: int
    known: int
    empty: int


class _Body(NamedTuple):
    """What `today.judge` asks of a body, and of the last one that did not count."""

    exchange: Exchange
    asof: datetime
    content: bytes
    empty: bool = False
    of: datetime | None = None
    standing: Standing = Standing.PREVIOUS


def _body(pair: Pair, at: float, packed: Packed) -> _Body:
    return _Body(pair.exchange, to_kst(at), packed.content)


def by_day(received: Iterable[Received]) -> tuple[list[tuple[date, Pair, list[Arrival]]], int, int]:
    """What came, day by day and pair by pair in order; how many in all, and how many of them without figures."""
    found: dict[tuple[date, Pair], list[Arrival]] = defaultdict(list)
    number = empty = 0
    for pair, arrival, is_empty in received:
        number += 1
        empty += is_empty
        if not is_empty:
            found[to_kst(arrival.at).date(), pair].append(arrival)
    ordered = sorted(found.items(), key=lambda one: (one[0][0], one[0][1].key))
    return [(day, pair, arrivals) for (day, pair), arrivals in ordered], number, empty


def judged(
    pair: Pair, stored: Sequence[Run], arrivals: Sequence[Arrival], earlier: Body | None, trust: bool
) -> tuple[list[Run], int]:
    """The runs of a day with what arrived among them, each judged as if it had come then; how many told something new."""
    new = unknown(stored, arrivals)
    if not new:
        return list(stored), 0

    def run_of(arrival: Arrival, before: list[Run]) -> Run:
        waiting = next((run for run in reversed(before) if run.standing == Standing.PREVIOUS.value), None)
        memory = Memory(earlier, waiting and _body(pair, waiting.last, waiting.body))
        verdict = judge(_body(pair, arrival.at, arrival.body), memory, trust=trust)
        of = verdict.of.timestamp() if verdict.of else None
        return Run(arrival.at, arrival.at, arrival.body, verdict.standing.value, of)

    return merged(stored, arrivals, run_of), len(new)


class Archive:
    """The tables of one scope in a file. Every method raises `StoreTrouble`, `DamagedStore` where the file is broken."""

    def __init__(self, path: Path, scope: str) -> None:
        self._mutex = threading.Lock()
        self._db: sqlite3.Connection = connect(path, _BUSY_SECONDS)
        self._scope = scope
        self._bodies = Bodies(self._db, scope)

    @guarded
    def stored(self) -> tuple[Stored, ...]:
        """What there is, pair by pair."""
        rows = self._db.execute(
            "SELECT pair, count(DISTINCT day), count(*), min(day), max(day) FROM snapshot"
            " JOIN series ON series.id = snapshot.series WHERE scope = ? GROUP BY series ORDER BY series",
            (self._scope,),
        )
        return tuple(
            Stored(Pair.from_key(pair), days, tables, date.fromordinal(first), date.fromordinal(last))
            for pair, days, tables, first, last in rows.fetchall()
        )

    @guarded
    def others(self) -> int:
        """How many tables belong to other keys or gateways."""
        (number,) = self._db.execute(
            "SELECT count(*) FROM snapshot JOIN series ON series.id = snapshot.series WHERE scope <> ?", (self._scope,)
        ).fetchone()
        return int(number)

    @guarded
    def days(self, first: date = date.min, last: date = date.max) -> tuple[tuple[date, Pair], ...]:
        """The days with tables, and of which pairs, in order."""
        rows = self._db.execute(
            "SELECT DISTINCT day, pair FROM snapshot JOIN series ON series.id = snapshot.series"
            " WHERE scope = ? AND day BETWEEN ? AND ? ORDER BY day, series",
            (self._scope, first.toordinal(), last.toordinal()),
        )
        return tuple((date.fromordinal(day), Pair.from_key(pair)) for day, pair in rows.fetchall())

    @guarded
    def tables(self, day: date, pair: Pair) -> tuple[Snapshot | None, ...]:
        """The tables of a day in order; None for one that cannot be read."""
        return tuple(self._bodies.day(pair, self._series(pair), day))

    @guarded
    def prune(self, before: date) -> int:
        """Remove what is older; how many tables that were. In small steps: others use the file meanwhile."""
        removed = 0
        for series in self._all_series():
            while True:
                with transaction(self._db, "BEGIN IMMEDIATE"):
                    more = self._bodies.drop_before(series, before.toordinal(), _AT_ONCE)
                removed += more
                if more < _AT_ONCE:
                    break
        return removed

    @guarded
    def compact(self) -> None:
        """Give the room of what was removed back to the disk. Others cannot write meanwhile."""
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @guarded
    def merge(self, received: Iterable[Received], *, trust: bool = False) -> Merged:
        """Put bodies of elsewhere among the stored ones, all of them or none. Each is judged as if it had come then."""
        days, number, empty = by_day(received)
        with transaction(self._db, "BEGIN IMMEDIATE"):
            new = sum(self._merge_day(pair, day, arrivals, trust) for day, pair, arrivals in days)
        return Merged(new, number - empty - new, empty)

    @guarded
    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _merge_day(self, pair: Pair, day: date, arrivals: Sequence[Arrival], trust: bool) -> int:
        series, ordinal = self._series(pair), day.toordinal()
        stored = self._bodies.runs(series, ordinal)
        runs, new = judged(pair, stored, arrivals, self._bodies.witnesses(pair, series, day).earlier, trust)
        if new:
            self._bodies.replace(series, ordinal, runs)
        return new

    def _series(self, pair: Pair) -> int:
        key = (self._scope, pair.key)
        self._db.execute("INSERT OR IGNORE INTO series (scope, pair) VALUES (?, ?)", key)
        return int(self._db.execute("SELECT id FROM series WHERE scope = ? AND pair = ?", key).fetchone()[0])

    def _all_series(self) -> list[int]:
        return [one for (one,) in self._db.execute("SELECT id FROM series WHERE scope = ?", (self._scope,)).fetchall()]
