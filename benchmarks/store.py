"""The store: bytes and seconds a snapshot, and what a year weighs."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.moments import FRIDAY
from benchmarks.place import Place
from xlwings_kis.fields import FIGURES
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.payload import read_rows
from xlwings_kis.sessions import closing as last_close
from xlwings_kis.sessions import in_session, opening
from xlwings_kis.simulator.market import rows_at
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.sqlite import SqliteStore

_EVERY = timedelta(seconds=30)
_TRADING_DAYS = 245
_HOLDER = "benchmark"

BYTES = Figure(
    "store-bytes", "a snapshot in the store, a day of six pairs every 30 s", "one JSON file per snapshot", Unit.BYTES
)
INSERT = Figure(
    "store-insert", "storing a new snapshot and reading back what is known",
    "plain sqlite3 inserts of the same rows, one transaction each", Unit.SECONDS,
)  # fmt: skip
YEAR = Figure("store-year", f"a year ({_TRADING_DAYS} such days)", "the same in JSON files", Unit.BYTES)


@dataclass(frozen=True, slots=True)
class _Body:
    """What arrived, and what it says."""

    text: bytes
    snapshot: Snapshot

    @property
    def at(self) -> float:
        return self.snapshot.asof.timestamp()


class _StandingClock:
    """The wall clock stands where the day has come to."""

    def __init__(self) -> None:
        self.now = 0.0

    def epoch(self) -> float:
        return self.now

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def measure(place: Place) -> Iterator[Measured]:
    """One simulated day into every kind of store."""
    folder = place.folder / "stores"
    folder.mkdir()
    day = list(_day())
    distinct = _distinct(day)
    size, took = _ours(folder / "ours.sqlite3", day, distinct)
    plain = _plain(folder / "plain.sqlite3", distinct)
    files = sum(len(body.text) for body in distinct)
    count = len(distinct)
    note = f"{len(day):,} bodies, {count:,} with new content; the day {Unit.BYTES.show(size)}"
    yield Measured(BYTES, size / count, files / count, note)
    yield Measured(INSERT, took, plain, f"{1 / took:,.0f} a second against {1 / plain:,.0f}")
    yield Measured(YEAR, size * _TRADING_DAYS, files * _TRADING_DAYS, f"{count * _TRADING_DAYS:,} snapshots")


def _day() -> Iterator[_Body]:
    """Everything six pairs' formulas fetch on a day, every 30 seconds while their exchange trades."""
    starts = min(opening(pair.exchange, FRIDAY.date()) for pair in ALL_PAIRS)
    ends = max(last_close(pair.exchange, FRIDAY.date()) for pair in ALL_PAIRS)
    moment = starts
    while moment < ends:
        for pair in ALL_PAIRS:
            if in_session(pair.exchange, moment):
                yield _body(pair, moment)
        moment += _EVERY


def _body(pair: Pair, moment: datetime) -> _Body:
    output: list[Any] = list(rows_at(moment, pair.exchange.value.wire, pair.market.value.wire))
    body = {"output1": output, "rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    rows, notes = read_rows(body)
    return _Body(text, Snapshot(pair, moment, rows, notes, changed=moment, sha256=sha256(text).hexdigest()))


def _distinct(day: list[_Body]) -> list[_Body]:
    """The bodies whose figures are new: what every kind of store keeps."""
    last: dict[Pair, bytes] = {}
    new = []
    for body in day:
        if last.get(body.snapshot.pair) != body.snapshot.content:
            last[body.snapshot.pair] = body.snapshot.content
            new.append(body)
    return new


def _ours(path: Path, day: list[_Body], distinct: list[_Body]) -> tuple[int, float]:
    """Bytes of the file with the day in it, and seconds per snapshot with new content."""
    clock = _StandingClock()
    store = SqliteStore(path, "benchmark", clock, 5.0)
    with closing(store):
        for body in day:
            clock.now = body.at
            store.land(body.snapshot, _HOLDER, body.at, 0.0)
    fresh = path.with_name("timed.sqlite3")
    store = SqliteStore(fresh, "benchmark", clock, 5.0)
    with closing(store):
        start = time.perf_counter()
        for body in distinct:
            clock.now = body.at
            store.land(body.snapshot, _HOLDER, body.at, 0.0)
        took = time.perf_counter() - start
    with closing(sqlite3.connect(path)) as db:
        (kept,) = db.execute("SELECT count(*) FROM snapshot").fetchone()
    assert kept == len(distinct), (kept, len(distinct))
    return _size(path), took / len(distinct)


def _plain(path: Path, distinct: list[_Body]) -> float:
    """Seconds per snapshot where each investor's row is a row, with the same journal and the same promises to the disk."""
    columns = ", ".join(f"{field.wire} INTEGER" for field in FIGURES)
    insert = f"INSERT INTO figures VALUES ({', '.join('?' * (len(FIGURES) + 4))})"  # noqa: S608 - nothing but question marks
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"CREATE TABLE figures (pair TEXT, asof REAL, code TEXT, name TEXT, {columns})")
        start = time.perf_counter()
        for body in distinct:
            snapshot = body.snapshot
            db.execute("BEGIN IMMEDIATE")
            db.executemany(
                insert, [(snapshot.pair.key, body.at, row.code, row.name, *row.figures) for row in snapshot.rows]
            )
            db.execute("COMMIT")
        return (time.perf_counter() - start) / len(distinct)


def _size(path: Path) -> int:
    """The file and whatever SQLite leaves beside it."""
    return sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))


SUBJECT = Subject((BYTES, INSERT, YEAR), measure)
