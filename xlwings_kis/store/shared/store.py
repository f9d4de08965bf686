"""The store of several machines, on a Redis server. Times there are the server's; the skew is the gateway's against it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from xlwings_kis.clock import LARGEST_SKEW, kst_day
from xlwings_kis.errors import Problem
from xlwings_kis.fields import Field
from xlwings_kis.markets import Pair
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.base import DEMO_SCOPE, Ask, Claim, Counters, Kept, Sight, StoreTrouble, Verdict
from xlwings_kis.store.packed import Packed, Places, Run, stood
from xlwings_kis.store.shared.server import Server, day_key, prefix, texts
from xlwings_kis.store.shared.values import codes_of, dump, load, parts, run_of, runs_of
from xlwings_kis.today import Memory

_SLACK = 2.0
_LONGEST_FETCH = 30.0
"""Twice what a fetch may take: what comes later belongs to another grant."""

_R = TypeVar("_R")
_P = ParamSpec("_P")


def _read(
    method: Callable[Concatenate[RedisStore, _P], _R],
) -> Callable[Concatenate[RedisStore, _P], _R]:
    """What was stored by a program gone wrong is trouble, never misread."""

    @wraps(method)
    def step(self: RedisStore, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(self, *args, **kwargs)
        except (ValueError, TypeError, KeyError, UnicodeError, OverflowError) as odd:
            raise StoreTrouble(type(odd).__name__) from odd

    return step


class RedisStore:
    """See `base.Store`. `rate`: data calls a second for all machines. `mark`: of this machine, for its counters."""

    def __init__(self, server: Server, scope: str, rate: float, mark: str, keep_days: int = 0) -> None:
        self._server = server
        self._scope = scope
        self._rate = rate
        self._mark = mark
        self._keep_days = keep_days
        self._fences: dict[tuple[Pair, str], tuple[int, float]] = {}

    @property
    def sharing(self) -> bool:
        """See `base.Store.sharing`."""
        return True

    @_read
    def claim(self, ask: Ask) -> Claim:
        """See `base.Store.claim`. A grant carries a number that grows: a later one makes what an earlier one brings old."""
        verdict, wait, fence = texts(
            self._step(
                "claim", ask.pair.key, ask.holder, float(ask.ttl), "1" if ask.force else "0", ask.settings, self._rate
            )
        )
        if verdict == Verdict.GRANTED.name:
            self._fences[ask.pair, ask.holder] = int(fence), self._server.now()
        return Claim(Verdict[verdict], float(wait))

    @_read
    def renew(self, pairs: Iterable[Pair], holder: str) -> None:
        """See `base.Store.renew`."""
        self._step("renew", holder, *(pair.key for pair in pairs))

    @_read
    def land(self, snapshot: Snapshot, holder: str, at: float, skew: float) -> Kept:
        """See `base.Store.land`. Neither a body older than the newest nor one of an earlier grant is kept."""
        pair, asof, empty = snapshot.pair, snapshot.asof.timestamp(), snapshot.standing is Standing.EMPTY
        day = str(snapshot.asof.date().toordinal())
        of = snapshot.of.timestamp() if snapshot.of else None
        packed = Packed("[]", b"", None, b"", b"") if empty else Packed.of(snapshot)
        body, offset = parts(Run(asof, asof, packed, snapshot.standing.value, of)), self._server.offset()
        _, seen, _, standing, origin, content, sha256, roster, notes = body.line.split(" ", 8)
        stored, today, reply = self._step(
            "land", pair.key, holder, self._fence(pair, holder), at + offset, day,
            skew - offset, str(self._keep_days), "1" if empty else "0", seen, standing, origin, content, sha256,
            roster, notes, body.people, body.figures, body.codes,
        )  # fmt: skip
        kept = self._kept(pair, reply)
        landed = kept.latest.content if kept.latest else b""
        if stored == b"1" and today.decode() == day and landed != snapshot.content:
            raise ValueError("what was stored is not there")
        return kept

    @_read
    def fail(self, pair: Pair, holder: str, problem: Problem, rest: float, settings: str) -> Kept:
        """See `base.Store.fail`. What befell an earlier grant is no longer of interest once a later one has landed."""
        told = dump(problem, self._server.offset())
        reply = self._step("fail", pair.key, holder, self._fence(pair, holder), told, float(rest), settings)
        return self._kept(pair, reply)

    @_read
    def kept(self, pair: Pair) -> Kept:
        """See `base.Store.kept`."""
        return self._kept(pair, self._step("kept", pair.key))

    @_read
    def witnesses(self, pair: Pair, day: date) -> Memory:
        """See `base.Store.witnesses`."""
        earlier, waiting = self._step("witnesses", pair.key, str(day.toordinal()))
        return Memory(self._snapshot(pair, earlier), self._snapshot(pair, waiting))

    @_read
    def at(self, pair: Pair, moment: float) -> Snapshot | None:
        """See `base.Store.at`."""
        found = self._snapshot(pair, self._step("at", pair.key, str(kst_day(moment).toordinal()), float(moment)))
        return stood(found, moment)

    @_read
    def differing(self, shown: Snapshot) -> Snapshot | None:
        """See `base.Store.differing`."""
        day, moment = shown.asof.date().toordinal(), (shown.changed or shown.asof).timestamp()
        found = self._step("differing", shown.pair.key, str(day), moment, shown.content.hex())
        return self._snapshot(shown.pair, found)

    @_read
    def series(self, pair: Pair, day: date, wanted: Sequence[tuple[str, Field]]) -> tuple[Sight, ...]:
        """See `base.Store.series`."""
        key = day_key(self._scope, pair, day.toordinal())
        runs = [
            run
            for run in runs_of(self._server.do(lambda client: client.hgetall(key)))
            if run.standing == Standing.TODAY.value
        ]
        places = {people: Places.among(people, wanted) for people in {run.body.people for run in runs}}
        return tuple(
            Sight(run.first, run.last, places[run.body.people].figures(run.body.figures))
            for run in sorted(runs, key=lambda run: run.last)
        )

    @_read
    def take(self) -> float:
        """See `base.Store.take`."""
        return float(self._step("take", self._rate))

    @_read
    def count(self, kind: str) -> None:
        """See `base.Store.count`. Each machine counts its own."""
        self._step("count", kind)

    @_read
    def in_use(self, since: float) -> tuple[Pair, ...]:
        """See `base.Store.in_use`."""
        key, offset, now = f"{prefix(self._scope)}asked", self._server.offset(), self._server.now()
        found = self._server.do(lambda client: client.zrangebyscore(key, repr(since + offset), repr(now + _SLACK)))
        return tuple(Pair.from_key(pair) for pair in texts(found))

    @_read
    def asked(self, pairs: Iterable[Pair]) -> None:
        """See `base.Store.asked`."""
        key, now = f"{prefix(self._scope)}asked", self._server.now()
        asked = {pair.key: repr(now) for pair in pairs}
        if asked:
            self._server.do(lambda client: client.zadd(key, asked))

    def close(self) -> None:
        """See `base.Store.close`."""
        self._server.close()

    def _step(self, name: str, *arguments: str | bytes | float) -> Any:
        return self._server.step(self._scope, name, self._mark, -self._server.offset(), *arguments)

    def _fence(self, pair: Pair, holder: str) -> str:
        """The number of the grant that is being ended; none where it was given elsewhere while the server was away."""
        fence, granted = self._fences.pop((pair, holder), (0, 0.0))
        return str(fence if self._server.now() - granted <= _LONGEST_FETCH else 0)

    def _snapshot(self, pair: Pair, stored: Any) -> Snapshot | None:
        run = run_of(stored)
        return run.snapshot(pair, demo=self._scope == DEMO_SCOPE) if run else None

    def _kept(self, pair: Pair, reply: list[Any]) -> Kept:
        *known, newest, good = reply
        fetched, empty, problem, failures, rest_until, data, token, ahead, order = texts(known)
        offset = self._server.offset()
        latest = self._snapshot(pair, newest)
        return Kept(
            latest,
            latest if good == b"same" else self._snapshot(pair, good),
            float(fetched) - offset if fetched else 0.0,
            empty == "1",
            codes_of(order),
            load(problem, offset),
            int(failures),
            float(rest_until) - offset if float(rest_until) else 0.0,
            Counters(int(data), int(token)),
            _skew(ahead, offset),
        )


def _skew(ahead: str, offset: float) -> float:
    """How far the gateway's clock is ahead of this machine's: nothing to speak of is none, as where it was measured."""
    skew = float(ahead) + offset if ahead else 0.0
    return skew if abs(skew) > LARGEST_SKEW else 0.0
