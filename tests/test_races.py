"""Threads and processes that meet at any step of a token or a fetch: few calls, one token, and nobody gets what is old.

Steps are where one could wait for another: the clock, the lock, the file, the store, KIS. Either every pair of operations
is interleaved at every step, or each step takes a random while; the seed is printed when one fails (`SEED=…`).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from clocks import WallClock
from samples import KRX_KOSPI

from xlwings_kis import files
from xlwings_kis.errors import KisError
from xlwings_kis.feed import Feed
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.protocol import IssuedToken
from xlwings_kis.secret import Secret
from xlwings_kis.store import opening
from xlwings_kis.tokens import PrivateFile, Tokens, private

HERE = Path(__file__).parent
BLOCKED_SECONDS = 0.05
"""So long one operation has to end within a step of another; longer means that it waits for it."""


@pytest.fixture
def seed() -> Iterator[random.Random]:
    """Another one each time, and told when it was a bad one."""
    chosen = int(os.environ.get("SEED") or random.randrange(10**6))
    print(f"SEED={chosen}")  # noqa: T201 - shown when a test fails
    return random.Random(chosen)


class Steps:
    """The steps of a shelf: `at` is called before each, with its number."""

    def __init__(self) -> None:
        self.at: Callable[[int], object] = lambda number: None
        self.done = 0
        self._mutex = threading.Lock()

    def __call__(self) -> None:
        with self._mutex:
            self.done += 1
            number = self.done
        self.at(number)


class Stepped(WallClock):
    """A clock that is a step."""

    def __init__(self, steps: Steps) -> None:
        super().__init__()
        self._steps = steps

    def epoch(self) -> float:
        self._steps()
        return super().epoch()


class Bench:
    """Shelves on one folder, every step of theirs seen; and all that KIS was asked for."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps, self.asked = Steps(), 0
        self.clock = Stepped(self.steps)
        self.folder = folder
        monkeypatch.setattr(private, "replace_file", self._write)

    def shelf(self) -> Tokens:
        return Tokens(PrivateFile(self.folder, "races", self.clock), self._issue, self.clock)

    def _issue(self) -> IssuedToken:
        self.asked += 1
        name = f"TOKEN{self.asked}"
        self.steps()
        return IssuedToken(Secret(name), 86400.0)

    def _write(self, path: Path, data: bytes, *, private: bool = False) -> None:
        self.steps()
        files.replace_file(path, data, private=private)


def rejected(shelf: Tokens) -> Secret:
    return shelf.replace(Secret("TOKEN1"))


OPERATIONS: dict[str, Callable[[Tokens], Any]] = {
    "current": Tokens.current, "replace": rejected, "accept": lambda shelf: shelf.accepted(Secret("TOKEN1")),
    "forget": Tokens.forget,
}  # fmt: skip
MOST_STEPS = 12


@pytest.mark.parametrize("own", [True, False], ids=["of two processes", "of two threads"])
@pytest.mark.parametrize("second", OPERATIONS)
@pytest.mark.parametrize("first", OPERATIONS)
def test_two_operations_on_the_token_meet_at_every_step(tmp_path, monkeypatch, first, second, own):
    """At each step of the first the second is done as far as it gets; with and without a token that is there."""
    for there in (True, False):
        for at in range(1, MOST_STEPS + 1):
            bench = Bench(tmp_path / f"{there}-{at}", monkeypatch)
            one = bench.shelf()
            if there:
                one.accepted(one.current())
            two = bench.shelf() if own else one
            results, met = met_at(bench, partial(OPERATIONS[first], one), partial(OPERATIONS[second], two), at)
            for token in (result for result in results if isinstance(result, Secret)):
                assert token.reveal().startswith("TOKEN"), (there, at)
            forgets = [first, second].count("forget")
            assert bench.asked <= (1 if there else 0) + 1 + forgets, (there, at)
            if "replace" in (first, second) and there and not forgets:
                given = results[0 if first == "replace" else 1]
                assert given.reveal() == "TOKEN2", (there, at)
            if not met:
                break
        else:
            pytest.fail("more steps than were tried")


def met_at(bench: Bench, first: Callable[[], Any], second: Callable[[], Any], at: int) -> tuple[list[Any], bool]:
    """What both came to, and whether the first had that step at all."""
    results: list[Any] = [None, None]
    main, other = threading.current_thread(), threading.Thread(target=lambda: results.__setitem__(1, _done(second)))
    begun = bench.steps.done

    def meet(number: int) -> None:
        if threading.current_thread() is main and number - begun == at:
            other.start()
            other.join(BLOCKED_SECONDS)

    bench.steps.at = meet
    results[0] = _done(first)
    bench.steps.at = lambda number: None
    met = other.ident is not None
    if not met:
        results[1] = _done(second)
    else:
        other.join(30)
        assert not other.is_alive()
    return results, met


def _done(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except KisError as error:
        return error


def test_many_threads_and_slow_steps_cost_one_token(tmp_path, monkeypatch, seed):
    for round_ in range(6):
        bench = Bench(tmp_path / str(round_), monkeypatch)
        bench.steps.at = lambda number: time.sleep(seed.random() * 0.003)
        shelves = [bench.shelf() for _ in range(3)]
        got = together(9, lambda number, of=shelves: of[number % 3].current().reveal())
        assert (set(got), bench.asked) == ({"TOKEN1"}, 1)
        shelves[0].accepted(Secret("TOKEN1"))
        got = together(9, lambda number, of=shelves: rejected(of[number % 3]).reveal())
        assert (set(got), bench.asked) == ({"TOKEN2"}, 2)


def together(number: int, do: Callable[[int], Any]) -> list[Any]:
    """What so many threads came to that began at once."""
    gate, results = threading.Barrier(number), [None] * number

    def one(at: int) -> None:
        gate.wait()
        results[at] = do(at)

    threads = [threading.Thread(target=one, args=(at,)) for at in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


# --- single flight ---


class SlowStore:
    """A store each step of which takes a while, before and after."""

    def __init__(self, store: Any, pause: Callable[[str], object]) -> None:
        self._store, self._pause = store, pause

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def step(*args: Any, **kwargs: Any) -> Any:
            self._pause(f"before {name}")
            result = found(*args, **kwargs)
            self._pause(f"after {name}")
            return result

        return step


@contextmanager
def slow_stores(monkeypatch: pytest.MonkeyPatch, pause: Callable[[str], object]) -> Iterator[None]:
    make = opening.of_machine
    with monkeypatch.context() as patch:
        patch.setattr(opening, "of_machine", lambda *args: SlowStore(make(*args), pause))
        yield


def test_feeds_and_threads_with_slow_steps_cost_a_call_for_each_pair_and_show_the_same(
    kis, new_feed, clock, monkeypatch, seed
):
    kis.latency = 0.01
    with slow_stores(monkeypatch, lambda step: time.sleep(seed.random() * 0.004)):
        feeds: list[Feed] = [new_feed(deadline=30.0) for _ in range(3)]
        for round_ in range(1, 5):
            got = together(9, lambda number: [feeds[number % 3].reading(pair).snapshot for pair in ALL_PAIRS[:3]])
            assert kis.count("program-trade") == 3 * round_
            assert kis.count("token") == 1
            for one in got:
                assert [snapshot.content for snapshot in one] == [snapshot.content for snapshot in got[0]]
                assert all(snapshot.asof.timestamp() == clock.epoch() for snapshot in one)
            clock.move(31)


STORE_STEPS = ("before kept", "after kept", "before claim", "after claim", "before in_use", "after asked")


@pytest.mark.parametrize("step", STORE_STEPS)
def test_a_refresh_that_meets_a_formula_at_any_step_gets_new_figures(kis, new_feed, clock, monkeypatch, step):
    """Another process has fetched 20 seconds ago: the formula takes that, whoever pressed 새로고침 does not."""
    new_feed().snapshot(KRX_KOSPI)
    clock.move(20)
    reached, pressed = threading.Event(), threading.Event()

    def meet(at: str) -> None:
        if at == step and not reached.is_set():
            reached.set()
            pressed.wait(30)

    with slow_stores(monkeypatch, meet):
        feed = new_feed(deadline=30.0)
        formula = threading.Thread(target=feed.read, args=(KRX_KOSPI,))
        formula.start()
        if not reached.wait(5):
            formula.join()
            pytest.skip("the formula does not pass here")
        press = threading.Thread(target=lambda: got.update(feed.refresh((KRX_KOSPI,), 30.0)))
        got: dict[Any, Any] = {}
        press.start()
        while not feed._era._flights and press.is_alive():
            time.sleep(0.001)
        time.sleep(BLOCKED_SECONDS)  # it has joined what is under way
        pressed.set()
        for thread in (formula, press):
            thread.join(30)
    assert got[KRX_KOSPI].snapshot.asof.timestamp() == clock.epoch()
    assert kis.count("program-trade") == 2


def test_refreshes_and_formulas_with_slow_steps_never_show_what_is_older_than_allowed(
    kis, new_feed, clock, monkeypatch, seed
):
    with slow_stores(monkeypatch, lambda step: time.sleep(seed.random() * 0.003)):
        feeds: list[Feed] = [new_feed(deadline=30.0) for _ in range(3)]
        for _ in range(6):
            now = clock.epoch()

            def one(number: int, now: float = now) -> None:
                feed = feeds[number % 3]
                if number % 2:
                    reading = feed.refresh((KRX_KOSPI,), 30.0)[KRX_KOSPI]
                    assert reading.snapshot.asof.timestamp() == now
                else:
                    assert now - feed.reading(KRX_KOSPI).snapshot.asof.timestamp() < 30

            before = kis.count("program-trade")
            assert together(8, partial(_noted, one)) == [None] * 8
            assert kis.count("program-trade") == before + 1  # however many pressed: younger than two seconds is new
            clock.move(7)
    assert kis.count("token") == 1


def _noted(do: Callable[[int], None], number: int) -> str | None:
    try:
        do(number)
    except Exception as error:  # noqa: BLE001 - a thread's assertion has to reach the test
        return repr(error)
    return None


PROCESS = """
import json, random, sys, threading, time
from stepping import be_patient
be_patient()
from xlwings_kis import files, runtime
from xlwings_kis.tokens import private
from xlwings_kis.gateway import Gateway
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.store.sqlite import SqliteStore
from clocks import WallClock
runtime.clock = WallClock()
slow = random.Random(int(sys.argv[1]))
def slowly(of, name):
    real = getattr(of, name)
    def step(*args, **kwargs):
        time.sleep(slow.random() * 0.004)
        try:
            return real(*args, **kwargs)
        finally:
            time.sleep(slow.random() * 0.004)
    setattr(of, name, step)
for name in ("claim", "land", "fail", "kept", "count", "renew", "witnesses", "asked", "in_use"):
    slowly(SqliteStore, name)
slowly(private, "replace_file")
slowly(Gateway, "issue_token")
gate, found = threading.Barrier(3), []
def ask():
    gate.wait()
    readings = runtime.feed().readings(ALL_PAIRS, 60.0)
    found.extend([pair.key, r.snapshot.content.hex() if r.snapshot else r.problem.key] for pair, r in readings.items())
sys.stdin.readline()
threads = [threading.Thread(target=ask) for _ in range(3)]
[t.start() for t in threads]; [t.join() for t in threads]
json.dump(found, sys.stdout)
"""


def test_six_processes_of_three_threads_with_slow_steps_cost_six_calls_and_one_token(kis, environment, seed):
    environment(XLWINGS_KIS_PRE_OPEN="trust", XLWINGS_KIS_DEADLINE="60")
    kis.calls_per_second = 1000
    paths = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(seed.randrange(10**6))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths},
        )
        for _ in range(6)
    ]  # fmt: skip
    for process in processes:  # at once
        process.stdin.write("\n")
        process.stdin.flush()
    found = [tuple(one) for process in processes for one in json.loads(process.communicate(timeout=100)[0])]
    assert len(found) == 6 * 3 * 6
    assert len(set(found)) == len(ALL_PAIRS), set(found)
    assert (kis.count("program-trade"), kis.count("token")) == (6, 1)
