"""The store on a Redis server of this machine: what it adds to a fetch, what its going away costs, how soon it is back."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.moments import FRIDAY, MovedClock, offset_to
from benchmarks.place import Place
from xlwings_kis.address import Address
from xlwings_kis.clock import Clock, to_kst
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.payload import read_rows
from xlwings_kis.simulator.market import rows_at
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.base import Ask, Store, Verdict
from xlwings_kis.store.guarded import AGAIN, PATIENCE, GuardedStore
from xlwings_kis.store.shared.server import Server
from xlwings_kis.store.shared.store import RedisStore
from xlwings_kis.store.sqlite import SqliteStore

_FETCHES = 400
_TIMES = 5
_PAIR = ALL_PAIRS[0]
_RATE = 1e6

FETCH = Figure(
    "store-redis", "a fetch's steps (kept, claim, land) on a Redis server of this machine, appendonly",
    "the same in the machine's file", Unit.SECONDS,
)  # fmt: skip
AWAY = Figure(
    "store-redis-away", "the first step after the server stalls, by-passed to the machine's file",
    "the patience", Unit.SECONDS, 2.0,
)  # fmt: skip
BACK = Figure(
    "store-redis-back", "from the moment a killed server answers again until it is shared again",
    "the pause between tries", Unit.SECONDS, 1.5,
)  # fmt: skip


def measure(place: Place) -> Iterator[Measured]:
    """All in one process, the two stores by turns."""
    program = shutil.which("redis-server")
    if program is None:
        for figure in (FETCH, AWAY, BACK):
            yield Measured(figure, 0, 1, broken="redis-server is missing: apt install redis-server")
        return
    folder = place.folder / "redis"
    folder.mkdir()
    clock = MovedClock(offset_to())
    with _Redis(program, folder) as redis:
        yield _fetches(redis, folder, clock)
        yield _stalled(redis, clock)
        yield _killed(redis, clock)


class _Redis:
    """A server that may be stalled, killed and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self._port = taken.getsockname()[1]
        self._command = [
            program, "--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(folder), "--save", "",
            "--appendonly", "yes",
        ]  # fmt: skip
        self.address = Address("redis", "127.0.0.1", self._port)

    def __enter__(self) -> _Redis:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def start(self) -> None:
        """Until it listens."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port)).close()
            except ConnectionRefusedError:
                time.sleep(0.001)
            else:
                return

    def store(self, clock: Clock, patience: float = PATIENCE) -> GuardedStore:
        """As a desk has it."""
        own = SqliteStore(":memory:", "benchmark", clock, _RATE)

        def opener() -> Store:
            return RedisStore(Server(self.address, clock), "benchmark", _RATE, "machine")

        return GuardedStore(opener, own, clock, patience=patience)


def _fetches(redis: _Redis, folder: Path, clock: MovedClock) -> Measured:
    def on_file() -> Store:
        return SqliteStore(folder / "store.sqlite3", "benchmark", clock, _RATE)

    theirs: list[float] = []
    ours: list[float] = []
    file = GuardedStore(on_file, SqliteStore(":memory:", "benchmark", clock, _RATE), clock, patience=10)
    with closing(redis.store(clock, 10)) as server, closing(file):
        for number in range(_FETCHES):
            for store, took in ((server, ours), (file, theirs)):
                body = _body(number)
                start = time.perf_counter()
                store.kept(_PAIR)
                claim = store.claim(Ask(_PAIR, "benchmark", 0.0))
                kept = store.land(body, "benchmark", clock.epoch(), 0.0)
                took.append(time.perf_counter() - start)
                assert claim.verdict is Verdict.GRANTED
                assert kept.latest is not None
                assert kept.latest.rows == body.rows
        assert server.sharing
        assert file.sharing
    added = median(ours) - median(theirs)
    return Measured(
        FETCH, median(ours), median(theirs), f"{Unit.SECONDS.show(abs(added))} {'more' if added > 0 else 'less'}"
    )


def _stalled(redis: _Redis, clock: MovedClock) -> Measured:
    took = []
    for _ in range(_TIMES):
        with closing(redis.store(clock)) as store:
            store.take()
            redis.process.send_signal(signal.SIGSTOP)
            start = time.perf_counter()
            store.take()
            took.append(time.perf_counter() - start)
            assert not store.sharing
            redis.process.send_signal(signal.SIGCONT)
    return Measured(AWAY, median(took), PATIENCE)


def _killed(redis: _Redis, clock: MovedClock) -> Measured:
    with closing(redis.store(clock)) as store:
        store.take()
        redis.process.kill()
        redis.process.wait()
        while store.sharing:
            store.take()
        redis.start()
        start = time.perf_counter()
        while not store.sharing:
            time.sleep(0.01)
            store.take()
        took = time.perf_counter() - start
        assert store.kept(_PAIR).latest is not None, "it came back without what it had kept"
    return Measured(BACK, took, AGAIN)


def _body(number: int) -> Snapshot:
    moment = to_kst(FRIDAY.timestamp() + 30 * (number % 400))
    rows, notes = read_rows({"output1": list(rows_at(moment, "J", "1"))})
    return Snapshot(_PAIR, to_kst(FRIDAY.timestamp() + number), rows, notes, changed=moment, sha256=f"{number:064x}")


SUBJECT = Subject((FETCH, AWAY, BACK), measure)
