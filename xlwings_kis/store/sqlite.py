"""The store of a machine: one SQLite file in WAL mode, shared by all processes.

`":memory:"` gives the same store to one process alone (demo, and the fall-back of `guarded`).
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import date
from pathlib import Path
from typing import Any

from xlwings_kis.clock import Clock, kst_day
from xlwings_kis.errors import Problem
from xlwings_kis.fields import Field
from xlwings_kis.markets import Pair
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.base import BURST, JUST_NOW, LEASE, LONGEST_REST, Ask, Claim, Counters, Kept, Sight, Verdict
from xlwings_kis.store.bodies import Bodies
from xlwings_kis.store.connection import connect
from xlwings_kis.store.damage import BUSY_SECONDS
from xlwings_kis.store.trouble import guarded, transaction
from xlwings_kis.today import Memory

_PRUNED_A_DAY = 5000
"""Bodies of a pair removed with the day's first one: several days' worth."""

_FAR = 1e11
"""No moment we store lies further away (in seconds; the year 5138)."""


class SqliteStore:
    """See `base.Store`. `rate`: data calls a second for all processes. `keep_days`: how long bodies stay, 0 for ever."""

    def __init__(self, path: Path | str, scope: str, clock: Clock, rate: float, keep_days: int = 0) -> None:
        self._scope = scope
        self._clock = clock
        self._rate = rate
        self._keep_days = keep_days
        self._mutex = threading.Lock()
        self._db = connect(path, BUSY_SECONDS)
        self._bodies = Bodies(self._db, scope)
        self._series: dict[Pair, int] = {}

    @property
    def sharing(self) -> bool:
        """See `base.Store.sharing`."""
        return True

    @guarded
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

    @guarded
    def renew(self, pairs: Iterable[Pair], holder: str) -> None:
        """See `base.Store.renew`."""
        until = self._clock.epoch() + LEASE
        with self._writing():
            self._db.executemany(
                "UPDATE series SET lease_until = ? WHERE id = ? AND holder = ?",
                [(until, self._of(pair), holder) for pair in pairs],
            )

    @guarded
    def land(self, snapshot: Snapshot, holder: str, at: float, skew: float) -> Kept:
        """See `base.Store.land`. A body older than the newest one (its holder was asleep) is not kept."""
        series, day, new_day, stored = self._of(snapshot.pair), snapshot.asof.date(), False, False
        with self._writing():
            newest = self._one("SELECT fetched FROM series WHERE id = ?", series)["fetched"]
            if not (at < newest <= self._clock.epoch()):
                if stored := snapshot.standing is not Standing.EMPTY:
                    new_day = self._bodies.keep(series, snapshot)
                self._db.execute(
                    "UPDATE series SET fetched = ?, fetched_day = ?, empty = ?, problem = NULL, failures = 0,"
                    " rest_until = 0 WHERE id = ?",
                    (at, day.toordinal(), snapshot.standing is Standing.EMPTY, series),
                )
                self._db.execute("REPLACE INTO clock (scope, skew) VALUES (?, ?)", (self._scope, skew))
            self._release(series, holder)
            kept = self._kept(series, snapshot.pair)
            landed = kept.latest.content if kept.latest else b""
            if stored and day.toordinal() == self._today() and landed != snapshot.content:
                raise ValueError("what was stored is not there")
        if new_day and self._keep_days:
            self._prune(series, day.toordinal() - self._keep_days)
        return kept

    @guarded
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

    @guarded
    def kept(self, pair: Pair) -> Kept:
        """See `base.Store.kept`."""
        with self._reading():
            return self._kept(self._of(pair), pair)

    @guarded
    def witnesses(self, pair: Pair, day: date) -> Memory:
        """See `base.Store.witnesses`."""
        return self._bodies.witnesses(pair, self._of(pair), day)

    @guarded
    def at(self, pair: Pair, moment: float) -> Snapshot | None:
        """See `base.Store.at`."""
        return self._bodies.at(pair, self._of(pair), moment)

    @guarded
    def differing(self, shown: Snapshot) -> Snapshot | None:
        """See `base.Store.differing`."""
        return self._bodies.differing(self._of(shown.pair), shown)

    @guarded
    def series(self, pair: Pair, day: date, wanted: Sequence[tuple[str, Field]]) -> tuple[Sight, ...]:
        """See `base.Store.series`."""
        return self._bodies.series(self._of(pair), day, wanted)

    @guarded
    def take(self) -> float:
        """See `base.Store.take`."""
        with self._writing():
            return self._take()

    @guarded
    def count(self, kind: str) -> None:
        """See `base.Store.count`."""
        self._db.execute(
            "INSERT INTO counter VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET n = n + 1",
            (self._scope, self._today(), kind),
        )

    @guarded
    def in_use(self, since: float) -> tuple[Pair, ...]:
        """See `base.Store.in_use`."""
        rows = self._db.execute(
            "SELECT pair FROM series WHERE scope = ? AND asked BETWEEN ? AND ? ORDER BY id",
            (self._scope, since, self._clock.epoch()),
        )
        return tuple(Pair.from_key(pair) for (pair,) in rows.fetchall())

    @guarded
    def asked(self, pairs: Iterable[Pair]) -> None:
        """See `base.Store.asked`."""
        now = self._clock.epoch()
        with self._writing():
            self._db.executemany("UPDATE series SET asked = ? WHERE id = ?", [(now, self._of(pair)) for pair in pairs])

    @guarded
    def close(self) -> None:
        """See `base.Store.close`."""
        self._db.close()

    def _prune(self, series: int, before: int) -> None:
        """Once a day, when its first body has landed: what is too old goes, not more at once than others would notice."""
        with suppress(sqlite3.OperationalError), self._writing():  # there is another day
            self._bodies.drop_before(series, before, _PRUNED_A_DAY)

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
        level = min(float(BURST), max(0.0, level) + max(0.0, now - at) * self._rate)
        wait = max(0.0, (1 - level) / self._rate)
        if wait == 0 or at > now:  # a bucket of the future (the clock was set back) would never fill
            kept = level if wait else level - 1
            self._db.execute("REPLACE INTO bucket (scope, level, at) VALUES (?, ?, ?)", (self._scope, kept, now))
        return wait

    def _release(self, series: int, holder: str) -> None:
        self._db.execute("UPDATE series SET holder = NULL WHERE id = ? AND holder = ?", (series, holder))

    def _kept(self, series: int, pair: Pair) -> Kept:
        row, ordinal = self._one("SELECT * FROM series WHERE id = ?", series), self._today()
        latest, good = self._bodies.latest(pair, series, date.fromordinal(ordinal))
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
            tuple(_word(code) for (code,) in order.fetchall()),
            _load(row["problem"]),
            int(_number(row["failures"])),
            _rest(row),
            Counters(int(_number(counts.get("data", 0))), int(_number(counts.get("token", 0)))),
            self._skew(),
        )

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

    def _writing(self) -> AbstractContextManager[None]:
        return transaction(self._db, "BEGIN IMMEDIATE")

    def _reading(self) -> AbstractContextManager[None]:
        return transaction(self._db, "BEGIN")


def _number(value: object) -> float:
    """A number as we store them, whatever flipped bytes have made of it."""
    if not isinstance(value, int | float) or not -_FAR < value < _FAR:
        raise ValueError("not a stored number")
    return value


def _word(value: object) -> str:
    """A text as we store them."""
    if not isinstance(value, str):
        raise ValueError("not a stored text")
    return value


def _rest(row: dict[str, Any]) -> float:
    """The end of a rest; 0 is none. One longer than any that is ordered would keep figures away for good."""
    until = _number(row["rest_until"])
    if until and not 0 <= until - _number(row["rest_from"]) <= LONGEST_REST:
        raise ValueError("not a stored rest")
    return until


def _dump(problem: Problem) -> str:
    return json.dumps([problem.key, problem.code, problem.facts, problem.ask_user, problem.until])


def _load(text: str | None) -> Problem | None:
    if text is None:
        return None
    try:
        key, code, facts, ask_user, until = json.loads(text)
        words = [_word(one) for one in (key, code, *facts, *facts.values())]
    except (TypeError, AttributeError) as damaged:
        raise ValueError("not a stored problem") from damaged
    until = None if until is None else _number(until)
    return Problem(words[0], words[1], facts, bool(ask_user), until)
