"""What machines share as a whole, for the commands that look through it, take from it and add to it. See `archive.Archive`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import Any

from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.archive import Merged, Received, Stored, by_day, judged
from xlwings_kis.store.base import DEMO_SCOPE, StoreTrouble
from xlwings_kis.store.packed import Run
from xlwings_kis.store.shared.server import Server, day_key, days_key, texts
from xlwings_kis.store.shared.store import RedisStore
from xlwings_kis.store.shared.values import codes_added, day_of, runs_of

_DAYS_AT_ONCE = 20
"""Days removed in one step: nobody else has to wait long for the server."""

_TRIES = 5


class SharedArchive:
    """The tables of one scope on a server. Every method raises `StoreTrouble`."""

    def __init__(self, server: Server, scope: str) -> None:
        self._server = server
        self._scope = scope
        self._store = RedisStore(server, scope, 1.0, "")
        server.do(lambda client: client.ping())

    def stored(self) -> tuple[Stored, ...]:
        """What there is, pair by pair."""
        found = []
        for pair in ALL_PAIRS:
            days = self._days(pair)
            if days:
                keys = [self._key(pair, day) for day in days]
                counts = self._server.do(partial(_sizes, keys))
                found.append(Stored(pair, len(days), sum(map(_number, texts(counts))), days[0], days[-1]))
        return tuple(found)

    def others(self) -> int:
        """How many tables belong to other keys or gateways: on a server that is nobody's to ask."""
        return 0

    def days(self, first: date = date.min, last: date = date.max) -> tuple[tuple[date, Pair], ...]:
        """The days with tables, and of which pairs, in order."""
        found = [(day, number, pair) for number, pair in enumerate(ALL_PAIRS) for day in self._days(pair)]
        return tuple((day, pair) for day, _, pair in sorted(found, key=lambda one: one[:2]) if first <= day <= last)

    def tables(self, day: date, pair: Pair) -> tuple[Snapshot | None, ...]:
        """The tables of a day in order; None for one that cannot be read."""
        return tuple(self._read(pair, run) for run in self._runs(pair, day))

    def prune(self, before: date) -> int:
        """Remove what is older; how many tables that were. In small steps: others use the server meanwhile."""
        removed = 0
        for pair in ALL_PAIRS:
            days = _DAYS_AT_ONCE
            while days == _DAYS_AT_ONCE:
                tables, days = self._server.step(
                    self._scope, "prune", "", 0.0, pair.key, str(before.toordinal()), str(_DAYS_AT_ONCE)
                )
                removed += tables
        return removed

    def compact(self) -> None:
        """Nothing to be done: a server gives room back by itself."""

    def merge(self, received: Iterable[Received], *, trust: bool = False) -> Merged:
        """Put bodies of elsewhere among the stored ones, all of them or none. Each is judged as if it had come then."""
        import redis

        days, number, empty = by_day(received)

        def once(client: Any) -> int | None:
            with client.pipeline(transaction=True) as steps:
                steps.watch(*(self._key(pair, day) for day, pair, _ in days))
                new, earlier = 0, dict[Pair, Run]()
                changed = []
                for day, pair, arrivals in days:
                    stored = runs_of(client.hgetall(self._key(pair, day)))
                    before = self._store.witnesses(pair, day).earlier
                    merged = earlier.get(pair)
                    if merged and (before is None or before.asof.timestamp() < merged.last):
                        before = merged.snapshot(pair, demo=False)
                    runs, added = judged(pair, stored, arrivals, before, trust)
                    earlier[pair] = runs[-1]
                    new += added
                    if added:
                        changed.append((day, pair, runs, client.hget(self._key(pair, day), "o")))
                steps.multi()
                for day, pair, runs, order in changed:
                    key = self._key(pair, day)
                    steps.delete(key)
                    steps.hset(key, mapping=day_of(runs) | codes_added(order, runs))
                    steps.zadd(days_key(self._scope, pair), {str(day.toordinal()): day.toordinal()})
                try:
                    steps.execute()
                except redis.WatchError:  # somebody else has stored something meanwhile
                    return None
                return new

        for _ in range(_TRIES):
            new = self._server.do(once) if days else 0
            if new is not None:
                return Merged(new, number - empty - new, empty)
        raise StoreTrouble("busy")

    def close(self) -> None:
        """Let go of the server."""
        self._server.close()

    def _days(self, pair: Pair) -> list[date]:
        found = texts(self._server.do(lambda client: client.zrange(days_key(self._scope, pair), 0, -1)))
        return [date.fromordinal(_number(day)) for day in found]

    def _runs(self, pair: Pair, day: date) -> list[Run]:
        return runs_of(self._server.do(lambda client: client.hgetall(self._key(pair, day))))

    def _read(self, pair: Pair, run: Run) -> Snapshot | None:
        try:
            return run.snapshot(pair, demo=self._scope == DEMO_SCOPE)
        except ValueError:
            return None

    def _key(self, pair: Pair, day: date) -> str:
        return day_key(self._scope, pair, day.toordinal())


def _sizes(keys: list[str], client: Any) -> list[bytes | None]:
    """How many bodies these days have."""
    with client.pipeline(transaction=False) as asked:
        for key in keys:
            asked.hget(key, "n")
        return list(asked.execute())


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as odd:
        raise StoreTrouble("not a stored number") from odd
