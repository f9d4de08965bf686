"""A desk that grows: users from 1 to 10,000 on one server, and what KIS, the users and the machine notice of it.

Each user has a workbook with five formulas on two tables, recalculated once in so many seconds at a moment of their own; the
gateway answers after 80 ms. It is the real server with real sockets. More users than it has calls to give are slowed down
by it, as they would be: that is the limit that is looked for.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import desk
from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

DESKS = (1, 10, 100, 1_000, 10_000)
EVERY = 30.0
"""Seconds between a user's recalculations: as often as the data can be new."""

_TTL = 10
_SECONDS = 32.0
_LATENCY = 0.08
_CONNECTIONS = 64
"""So many sockets carry the users' calls, as a proxy before the server would have it."""

_FORMULAS: tuple[tuple[str, object, object], ...] = (
    ("KIS_PROGRAM_VALUE", [["외국인"]], [["비차익"]]),
    ("KIS_PROGRAM_TRADE", [["순매수 대금"]], None),
)
_WORKBOOK = (
    *(desk.formula(name, "KRX", market, *more) for market in ("코스피", "코스닥") for name, *more in _FORMULAS),
    desk.formula("KIS_PROGRAM_STATUS"),
)

USERS = Figure(
    "server-users",
    f"calls to KIS in {_SECONDS:.0f} s with 10,000 users",
    "two tables, once each in a TTL and at the start",
    Unit.CALLS,
    1.0,
)


class Came(NamedTuple):
    """What came of one desk."""

    users: int
    wanted: float
    answered: float
    p50: float
    p95: float
    failed: int
    upstream: int
    tokens: int
    memory: int
    cpu: float

    def line(self) -> str:
        """A row of the sizing table."""
        return (
            f"| {self.users:,} | {self.wanted:,.1f} | {self.answered:,.1f} | {self.p50 * 1e3:,.0f} ms | {self.p95 * 1e3:,.0f} ms "
            f"| {self.upstream} | {self.tokens} | {self.memory / 2**20:,.0f} MiB | {self.cpu:.0%} | {self.failed} |"
        )


def measure(place: Place) -> Iterator[Measured]:
    """Each desk on a server of its own, so that none inherits a token, a table or a connection."""
    with Gateway(place, _LATENCY) as gateway:
        came = [one(place, gateway, users) for users in DESKS]
    if sys.stderr.isatty():
        print(*(each.line() for each in came), sep="\n", file=sys.stderr)
    last, due = came[-1], 2 * (_SECONDS / _TTL + 1)
    note = "; ".join(
        f"{each.users:,} users: {each.answered:,.0f} of {each.wanted:,.0f} calls/s, p50 {each.p50 * 1e3:.0f} ms, "
        f"p95 {each.p95 * 1e3:.0f} ms, {each.upstream} to KIS, {each.memory / 2**20:.0f} MiB"
        for each in came
    )
    broken = "more than one token" if any(each.tokens > 1 for each in came) else ""
    broken = broken or ("calls failed" if any(each.failed for each in came) else "")
    yield Measured(USERS, last.upstream, due, note, broken)


def one(place: Place, gateway: Gateway, users: int, workers: int = 1) -> Came:
    """A desk of so many users."""
    settings = gateway.environment(
        place.new_home(), XLWINGS_KIS_TTL=str(_TTL), XLWINGS_KIS_PRE_OPEN="trust", XLWINGS_KIS_DEADLINE="3"
    )
    gateway.tell(reset=True)
    with desk.ours(place, settings, workers) as server:
        desk.ask(server.port, _WORKBOOK, 4, 2.0)  # as after the first recalculation of the morning
        before: dict[str, Any] = gateway.tell()
        cpu, begun = server.cpu(), time.perf_counter()
        times, failed = asyncio.run(_desk(server.port, users))
        took = time.perf_counter() - begun
        state: dict[str, Any] = gateway.tell()
        times.sort()
        return Came(
            users,
            users * len(_WORKBOOK) / EVERY,
            len(times) / took,
            times[len(times) // 2],
            times[int(len(times) * 0.95)],
            failed,
            int(state["data"]) - int(before["data"]),
            int(state["token"]),
            server.memory(),
            (server.cpu() - cpu) / took,
        )


async def _desk(port: int, users: int) -> tuple[list[float], int]:
    """Everybody recalculates at a moment of their own; a call's time counts from when it was due."""
    moments = random.Random(users)
    due = sorted(
        (moments.uniform(0, EVERY) + turn * EVERY, number)
        for number in range(users)
        for turn in range(int(_SECONDS // EVERY) + 1)
    )
    due = [(moment, number) for moment, number in due if moment < _SECONDS]
    calls = iter([(moment, request) for moment, _ in due for request in _WORKBOOK])
    begun, times, failed = time.perf_counter(), list[float](), 0

    async def carry() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for moment, request in calls:
            wait = begun + moment - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            if time.perf_counter() - begun > _SECONDS:  # what could not be answered in time is what is looked for
                break
            writer.write(request)
            failed += await desk.answered(reader) != 200
            times.append(time.perf_counter() - begun - moment)
        writer.close()

    await asyncio.gather(*(carry() for _ in range(min(_CONNECTIONS, max(5, users)))))
    return times, failed


def main() -> None:
    """`python -m benchmarks.users [USERS …] [--workers N]`: the rows of the sizing table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("users", nargs="*", type=int, default=DESKS)
    parser.add_argument("--workers", type=int, default=1)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xlwings-kis-benchmarks-") as folder:
        place = Place(Path(folder))
        with Gateway(place, _LATENCY) as gateway:
            for users in wish.users:
                print(one(place, gateway, users, wish.workers).line(), flush=True)
    print(json.dumps({"every": EVERY, "seconds": _SECONDS, "ttl": _TTL}))


SUBJECT = Subject((USERS,), measure)

if __name__ == "__main__":
    main()
