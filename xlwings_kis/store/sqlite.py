"""The store of a machine: one SQLite file in WAL mode, shared by all processes.

`":memory:"` gives the same store to one process alone (demo, and the fall-back of `guarded`).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from xlwings_kis.clock import Clock, kst_day, to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.investors import FIXED_PLACES
from xlwings_kis.markets import Pair
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store import packing
from xlwings_kis.store.base import BURST, DEMO_SCOPE, JUST_NOW, LEASE, Ask, Claim, Counters, Kept, StoreTrouble, Verdict
from xlwings_kis.store.damage import BUSY_SECONDS
from xlwings_kis.store.schema import current, migrate
from xlwings_kis.today import Memory

_FAR = 1e11
"""No moment we store lies further away (in seconds; the year 5138)."""

_DAMAGE_SAYS = ("no such table", "no such column", "has no column", "Could not decode")
"""Damage that SQLite reports as if the statement were wrong."""

_P = ParamSpec("_P")
_R = TypeVar("_R")

_SHOWS = (Standing.TODAY, Standing.UNCONFIRMED, Standing.HOLIDAY)
"""What a body counts as whose figures are shown."""

_COUNTS = f"({', '.join(repr(standing.value) for standing in _SHOWS)})"
_SNAPSHOT = (
    "SELECT first_seen, last_seen, standing, of, content, sha256, notes, people, figures FROM snapshot"
    " JOIN roster ON roster.id = snapshot.roster WHERE series = ? "
)


class DamagedStore(StoreTrouble):
    """The file is no database, or a broken one."""


def _guarded(
    method: Callable[Concatenate[SqliteStore, _P], _R],
) -> Callable[Concatenate[SqliteStore, _P], _R]:
    @wraps(method)
    def step(self: SqliteStore, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            with self._mutex:
                return method(self, *args, **kwargs)
        except (StoreTrouble, UnicodeEncodeError) as trouble:  # what we were to write is odd, not what is there
            raise trouble if isinstance(trouble, StoreTrouble) else StoreTrouble("not to be written") from trouble
        except Exception as error:  # flipped bytes come out as an error of any kind
            raise _trouble(error, self._db) from error

    return step


def _trouble(error: Exception, db: sqlite3.Connection | None = None) -> StoreTrouble:
    """What an error says of the file: that it cannot be had now, or that it is damaged."""
    kind = type(error).__name__
    if isinstance(error, sqlite3.OperationalError):
        said = any(words in str(error) for words in _DAMAGE_SAYS)
        return DamagedStore(kind) if said and db is not None and current(db) else StoreTrouble(kind)
    return StoreTrouble(kind) if isinstance(error, OSError | MemoryError) else DamagedStore(kind)


class SqliteStore:
    """See `base.Store`. `rate`: data calls a second for all processes."""

    def __init__(self, path: Path | str, scope: str, clock: Clock, rate: float) -> None:
        self._scope = scope
        self._clock = clock
        self._rate = rate
        self._mutex = threading.Lock()
        try:
            self._db = sqlite3.connect(
                path,
                timeout=BUSY_SECONDS,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=64,
            )
            try:
                self._use_wal()
                self._db.execute("PRAGMA synchronous = NORMAL")
                migrate(self._db)
            except BaseException:
                self._db.close()
                raise
        except Exception as error:  # flipped bytes come out as an error of any kind
            raise _trouble(error) from error
        self._series: dict[Pair, int] = {}

    @property
    def sharing(self) -> bool:
        """See `base.Store.sharing`."""
        return True

    @_guarded
    def claim(self, ask: Ask) -> Claim:
        """See `base.Store.claim`. Looks without a lock first: waiting processes ask often and mostly in vain."""
        series = self._of(ask.pair)
        look = self._look(series, ask)
        if look is not None:
            return look
        with self._writing():
            look = self._look(series, ask)
            if look is not None:
                return look
            wait = self._take()
            if wait > 0:
                return Claim(Verdict.THROTTLED, wait)
            self._db.execute(
                "UPDATE series SET holder = ?, lease_until = ? WHERE id = ?",
                (ask.holder, self._clock.epoch() + LEASE, series),
            )
        return Claim(Verdict.GRANTED)

    @_guarded
    def renew(self, pairs: Iterable[Pair], holder: str) -> None:
        """See `base.Store.renew`."""
        until = self._clock.epoch() + LEASE
        with self._writing():
            self._db.executemany(
                "UPDATE series SET lease_until = ? WHERE id = ? AND holder = ?",
                [(until, self._of(pair), holder) for pair in pairs],
            )

    @_guarded
    def land(self, snapshot: Snapshot, holder: str, at: float, skew: float) -> Kept:
        """See `base.Store.land`. A body older than the newest one (its holder was asleep) is not kept."""
        series, day = self._of(snapshot.pair), snapshot.asof.date()
        with self._writing():
            newest = self._one("SELECT fetched FROM series WHERE id = ?", series)["fetched"]
            if not (at < newest <= self._clock.epoch()):
                if snapshot.standing is not Standing.EMPTY:
                    self._keep(series, snapshot)
                self._db.execute(
                    "UPDATE series SET fetched = ?, fetched_day = ?, empty = ?, problem = NULL, failures = 0,"
                    " rest_until = 0 WHERE id = ?",
                    (at, day.toordinal(), snapshot.standing is Standing.EMPTY, series),
                )
                self._db.execute("REPLACE INTO clock (scope, skew) VALUES (?, ?)", (self._scope, skew))
            self._release(series, holder)
            return self._kept(series, snapshot.pair)

    @_guarded
    def fail(self, pair: Pair, holder: str, problem: Problem, rest: float, settings: str) -> Kept:
        """See `base.Store.fail`."""
        series, now = self._of(pair), self._clock.epoch()
        with self._writing():
            self._db.execute(
                "UPDATE series SET problem = ?, failures = failures + 1, rest_from = ?, rest_until = ?, settings = ?"
                " WHERE id = ?",
                (_dump(problem), now, now + rest, settings, series),
            )
            self._release(series, holder)
            return self._kept(series, pair)

    @_guarded
    def kept(self, pair: Pair) -> Kept:
        """See `base.Store.kept`."""
        with self._reading():
            return self._kept(self._of(pair), pair)

    @_guarded
    def witnesses(self, pair: Pair, day: date) -> Memory:
        """See `base.Store.witnesses`."""
        series = self._of(pair)
        return Memory(
            self._snapshot(pair, series, "AND day < ? ORDER BY day DESC, snapshot.id DESC LIMIT 1", day.toordinal()),
            self._snapshot(
                pair, series, "AND day = ? AND standing = 'previous' ORDER BY snapshot.id DESC LIMIT 1", day.toordinal()
            ),
        )

    @_guarded
    def take(self) -> float:
        """See `base.Store.take`."""
        with self._writing():
            return self._take()

    @_guarded
    def count(self, kind: str) -> None:
        """See `base.Store.count`."""
        self._db.execute(
            "INSERT INTO counter VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1",
            (self._scope, self._today(), kind),
        )

    @_guarded
    def in_use(self, since: float) -> tuple[Pair, ...]:
        """See `base.Store.in_use`."""
        rows = self._db.execute(
            "SELECT pair FROM series WHERE scope = ? AND asked BETWEEN ? AND ? ORDER BY id",
            (self._scope, since, self._clock.epoch()),
        )
        return tuple(Pair.from_key(pair) for (pair,) in rows.fetchall())

    @_guarded
    def asked(self, pairs: Iterable[Pair]) -> None:
        """See `base.Store.asked`."""
        now = self._clock.epoch()
        with self._writing():
            self._db.executemany("UPDATE series SET asked = ? WHERE id = ?", [(now, self._of(pair)) for pair in pairs])

    @_guarded
    def close(self) -> None:
        """See `base.Store.close`."""
        self._db.close()

    def _use_wal(self) -> None:
        """A new file is switched once. Where another process does the same, SQLite fails at once instead of waiting."""
        for last in (False, False, True):
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if last:
                    raise
                self._db.execute("BEGIN IMMEDIATE")  # this does wait
                self._db.rollback()
            else:
                return

    def _look(self, series: int, ask: Ask) -> Claim | None:
        """What speaks against a fetch; None: nothing."""
        row, now = self._one("SELECT * FROM series WHERE id = ?", series), self._clock.epoch()
        if row["holder"] and row["holder"] != ask.holder and 0 < row["lease_until"] - now <= LEASE:
            return Claim(Verdict.BUSY)
        age = now - row["fetched"]
        if row["fetched_day"] == self._today() and 0 <= age < (JUST_NOW if ask.force else ask.ttl):
            return Claim(Verdict.FRESH)
        resting = row["rest_from"] <= now < row["rest_until"] and row["settings"] == ask.settings
        if resting and not ask.force:
            return Claim(Verdict.RESTING)
        return None

    def _take(self) -> float:
        now = self._clock.epoch()
        row = self._db.execute("SELECT level, at FROM bucket WHERE scope = ?", (self._scope,)).fetchone()
        level, at = row or (float(BURST), now)
        level = min(float(BURST), level + max(0.0, now - at) * self._rate)
        wait = max(0.0, (1 - level) / self._rate)
        if wait == 0 or at > now:  # a bucket of the future (the clock was set back) would never fill
            kept = level if wait else level - 1
            self._db.execute("REPLACE INTO bucket (scope, level, at) VALUES (?, ?, ?)", (self._scope, kept, now))
        return wait

    def _keep(self, series: int, snapshot: Snapshot) -> None:
        """Store a body, or move the last sight of the equal one before it."""
        day, seen = snapshot.asof.date().toordinal(), snapshot.asof.timestamp()
        last = self._db.execute(
            "SELECT id, content FROM snapshot WHERE series = ? AND day = ? ORDER BY id DESC LIMIT 1",
            (series, day),
        ).fetchone()
        standing, of = snapshot.standing.value, snapshot.of and snapshot.of.timestamp()
        if last and last[1] == snapshot.content:
            self._db.execute(
                "UPDATE snapshot SET last_seen = max(last_seen, ?), standing = ?, of = ?, sha256 = ? WHERE id = ?",
                (seen, standing, of, bytes.fromhex(snapshot.sha256), last[0]),
            )
            return
        try:
            people, figures = packing.pack_roster(snapshot.rows), packing.pack_figures(snapshot.rows)
        except Exception as odd:  # a body that cannot be written says nothing of the file
            raise StoreTrouble("not to be written") from odd
        notes = json.dumps(snapshot.notes) if snapshot.notes else None  # ASCII: half a character stands in no database
        self._db.execute("INSERT OR IGNORE INTO roster (people) VALUES (?)", (people,))
        self._db.execute(
            "INSERT INTO snapshot (series, day, first_seen, last_seen, standing, of, content, sha256, notes, roster, figures)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT id FROM roster WHERE people = ?), ?)",
            (
                series, day, seen, seen, standing, of, snapshot.content, bytes.fromhex(snapshot.sha256),
                notes, people, figures,
            ),
        )  # fmt: skip
        others = [row.code for row in snapshot.rows if row.code not in FIXED_PLACES]
        self._db.executemany(
            "INSERT OR IGNORE INTO seen (series, day, code) VALUES (?, ?, ?)", [(series, day, c) for c in others]
        )

    def _release(self, series: int, holder: str) -> None:
        self._db.execute("UPDATE series SET holder = NULL WHERE id = ? AND holder = ?", (series, holder))

    def _kept(self, series: int, pair: Pair) -> Kept:
        row, ordinal = self._one("SELECT * FROM series WHERE id = ?", series), self._today()
        latest = self._snapshot(pair, series, "AND day = ? ORDER BY snapshot.id DESC LIMIT 1", ordinal)
        good = latest
        if latest and latest.standing not in _SHOWS:
            good = self._snapshot(
                pair, series, f"AND day = ? AND standing IN {_COUNTS} ORDER BY snapshot.id DESC LIMIT 1", ordinal
            )
        order = self._db.execute("SELECT code FROM seen WHERE series = ? AND day = ? ORDER BY id", (series, ordinal))
        counts = dict(
            self._db.execute(
                "SELECT kind, n FROM counter WHERE scope = ? AND day = ?", (self._scope, ordinal)
            ).fetchall()
        )
        return Kept(
            latest,
            good,
            _number(row["fetched"]) if row["fetched_day"] == ordinal else 0.0,
            bool(row["empty"]) and row["fetched_day"] == ordinal,
            tuple(code for (code,) in order.fetchall()),
            _load(row["problem"]),
            int(_number(row["failures"])),
            _number(row["rest_until"]),
            Counters(counts.get("data", 0), counts.get("token", 0)),
            self._skew(),
        )

    def _snapshot(self, pair: Pair, series: int, where: str, *args: object) -> Snapshot | None:
        row = self._db.execute(_SNAPSHOT + where, (series, *args)).fetchone()
        if row is None:
            return None
        first_seen, last_seen, standing, of, content, sha256, notes, people, figures = row
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

    def _skew(self) -> float:
        """How far the gateway's clock was ahead of this PC's when it last answered."""
        row = self._db.execute("SELECT skew FROM clock WHERE scope = ?", (self._scope,)).fetchone()
        return _number(row[0]) if row else 0.0

    def _today(self) -> int:
        """Today in Seoul by the corrected clock, as an ordinal."""
        return kst_day(self._clock.epoch() + self._skew()).toordinal()

    def _of(self, pair: Pair) -> int:
        """The series of a pair, made at first use."""
        if pair not in self._series:
            key = (self._scope, pair.key)
            self._db.execute("INSERT OR IGNORE INTO series (scope, pair) VALUES (?, ?)", key)
            self._series[pair] = self._db.execute("SELECT id FROM series WHERE scope = ? AND pair = ?", key).fetchone()[
                0
            ]
        return self._series[pair]

    def _one(self, sql: str, *args: object) -> dict[str, Any]:
        cursor = self._db.execute(sql, args)
        row = cursor.fetchone()
        if row is None:
            raise ValueError("a row is gone")
        return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}

    @contextmanager
    def _writing(self) -> Iterator[None]:
        yield from self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        yield from self._transaction("BEGIN")

    def _transaction(self, begin: str) -> Iterator[None]:
        self._db.execute(begin)
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise
        self._db.commit()


def _moment(epoch: float | None) -> datetime | None:
    return None if epoch is None else to_kst(epoch)


def _number(value: object) -> float:
    """A number as we store them, whatever flipped bytes have made of it."""
    if not isinstance(value, int | float) or not -_FAR < value < _FAR:
        raise ValueError("not a stored number")
    return value


def _texts(notes: str | None) -> tuple[str, ...]:
    texts = json.loads(notes or "[]")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("not stored notes")
    return tuple(texts)


def _dump(problem: Problem) -> str:
    return json.dumps([problem.key, problem.code, problem.facts, problem.ask_user, problem.until])


def _load(text: str | None) -> Problem | None:
    if text is None:
        return None
    try:
        key, code, facts, ask_user, until = json.loads(text)
    except TypeError as damaged:
        raise ValueError("not a stored problem") from damaged
    return Problem(key, code, facts, ask_user, until)
