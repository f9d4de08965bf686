"""A desk as it really is: machines with nothing in common but a server. Killed holders, a killed server, and no wrong figure."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from redis_server import RedisServer

from xlwings_kis.clock import KST
from xlwings_kis.fields import FIGURES
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.simulator import Fault, Simulator

MACHINE = """
import json, sys, threading
from xlwings_kis import desk, settings
from xlwings_kis.clock import SystemClock
from xlwings_kis.feed import Feed
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.store import guarded

guarded.PATIENCE, guarded.AGAIN = float(sys.argv[1]), 0.5
clock, speaking = SystemClock(), threading.Lock()
feed = Feed(lambda: desk.open_desk(settings.load(), clock), clock, deadline=20.0, stamp=settings.stamp)

def look(pair):
    reading = feed.refresh([pair], 20.0)[pair] if sys.argv[2] == "refresh" else feed.read(pair)
    shot = reading.snapshot
    told = json.dumps({
        "pair": pair.key, "at": clock.epoch(), "sharing": reading.sharing,
        "problem": reading.problem.key if reading.problem else None, "stale": bool(shot and shot.stale),
        "figure": shot.rows[0].figures[0] if shot else None, "asof": shot.asof.timestamp() if shot else None,
    })
    with speaking:
        print(told, flush=True)

print("ready", flush=True)
for line in sys.stdin:
    pairs = [Pair.from_key(key) for key in line.split()]
    threads = [threading.Thread(target=look, args=(pair,)) for pair in pairs]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    print("done", flush=True)
"""


class Machine:
    """A process with a state folder of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, *pairs: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(" ".join(pairs) + "\n")
        self.process.stdin.flush()

    def answers(self) -> list[dict[str, Any]]:
        assert self.process.stdout
        found = []
        for line in self.process.stdout:
            if line == "done\n":
                return found
            found.append(json.loads(line))
        raise AssertionError(self.process.stderr.read() if self.process.stderr else "")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(own_server: RedisServer) -> RedisServer:
    return own_server


@pytest.fixture
def kis() -> Iterator[Simulator]:
    """On the real clock, and with KIS's own rule: one token a minute."""
    with Simulator(lambda: datetime.now(KST)) as simulator:
        yield simulator


@pytest.fixture
def machines(tmp_path: Path, kis: Simulator, server: RedisServer) -> Iterator[Callable[..., list[Machine]]]:
    made: list[Machine] = []

    def start(number: int, patience: float = 5.0, how: str = "read", **more: str) -> list[Machine]:
        new = []
        for _ in range(number):
            home = tmp_path / f"기계 {len(made)}"
            environ = os.environ | {
                "XLWINGS_KIS_HOME": str(home), "KIS_APP_KEY": kis.app_key, "KIS_APP_SECRET": kis.app_secret,
                "KIS_BASE_URL": kis.url, "XLWINGS_KIS_STORE": server.url, "XLWINGS_KIS_STORE_KEY": "k" * 43,
                "XLWINGS_KIS_PRE_OPEN": "trust", "PYTHONUTF8": "1", **more,
            }  # fmt: skip
            pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            process = subprocess.Popen(
                [sys.executable, "-c", MACHINE, str(patience), how], text=True, env=environ, **pipes
            )
            made.append(Machine(process))
            new.append(made[-1])
        for machine in new:
            assert machine.process.stdout
            assert machine.process.stdout.readline() == "ready\n", machine.process.stderr.read()
        return new

    yield start
    for machine in made:
        machine.process.kill()
        machine.process.communicate()


def serve(kis: Simulator, figure: int) -> None:
    """Every figure of every table is this one: it tells when a table was served."""
    for pair in ALL_PAIRS:
        exchange, market = pair.exchange.value.wire, pair.market.value.wire
        names = {field.wire for field in FIGURES}
        rows = kis.truth(exchange, market)
        kis.serve(exchange, market, [{k: str(figure) if k in names else v for k, v in row.items()} for row in rows])


KEYS = [pair.key for pair in ALL_PAIRS]


def test_four_machines_cost_one_token_and_one_call_a_pair(kis, machines, server):
    serve(kis, 7)
    kis.latency = 0.2
    desk = machines(4)
    for machine in desk:
        machine.ask(*KEYS)
    found = [answer for machine in desk for answer in machine.answers()]
    assert {answer["problem"] for answer in found} == {None}
    assert {answer["figure"] for answer in found} == {7}
    assert all(answer["sharing"] for answer in found)
    assert len(found) == 24
    assert (kis.count("token"), kis.count("program-trade")) == (1, 6)
    assert_no_secret(kis, server)


def test_a_machine_that_dies_in_a_fetch_delays_the_others_by_no_more_than_its_lease(kis, machines, server):
    serve(kis, 7)
    (first,) = machines(1)
    first.ask(KEYS[0])
    assert first.answers()[0]["figure"] == 7
    time.sleep(2.1)  # what is younger is taken by whoever refreshes
    kis.fault = Fault.HANG
    before = kis.count("program-trade")
    (dying,) = machines(1, how="refresh")
    dying.ask(KEYS[0])
    while kis.count("program-trade") == before:
        time.sleep(0.01)
    dying.kill()
    kis.clear_faults()
    serve(kis, 8)
    (third,) = machines(1, how="refresh")
    third.ask(KEYS[0])
    (answer,) = third.answers()
    assert (answer["figure"], answer["problem"]) == (8, None)
    assert kis.count("program-trade") == before + 2
    assert kis.count("token") == 1


@pytest.mark.parametrize("keeps", [True, False], ids=["a server that keeps", "a server that forgets"])
def test_a_server_killed_and_started_again_under_load_costs_no_wrong_figure_and_no_second_token(
    kis, machines, server, keeps
):
    kis.calls_per_second = 1000
    desk = machines(3, XLWINGS_KIS_TTL="1", XLWINGS_KIS_RATE="18")
    seen: list[list[dict[str, Any]]] = [[], [], []]
    figure = 0

    def round_of_all() -> list[dict[str, Any]]:
        nonlocal figure
        figure += 1
        serve(kis, figure)
        for machine in desk:
            machine.ask(*KEYS[:2])
        last = []
        for machine, all_of_it in zip(desk, seen, strict=True):
            answers = machine.answers()
            for answer in answers:
                answer["served"] = figure
            all_of_it += answers
            last += answers
        time.sleep(0.2)
        return last

    for _ in range(8):
        round_of_all()
    assert all(answer["sharing"] for answers in seen for answer in answers)
    server.kill()
    for _ in range(8):
        round_of_all()
    away = [answer for answers in seen for answer in answers if not answer["sharing"]]
    assert away
    if not keeps:
        for kept in (server._folder / "appendonlydir").iterdir():
            kept.unlink()
    server.start()
    began = time.monotonic()
    back = 0
    # Three rounds in which everybody shares, and figures there: who has no token of its own has to wait for it a little longer.
    while back < 3 or b"day:" not in server.everything():
        back = back + 1 if all(answer["sharing"] for answer in round_of_all()) else 0
        assert time.monotonic() - began < 60, "it did not come back"
    for answers in seen:
        for key in KEYS[:2]:
            of_pair = [answer for answer in answers if answer["pair"] == key]
            assert all(answer["problem"] is None or answer["stale"] for answer in of_pair), of_pair
            figures = [answer["figure"] for answer in of_pair]
            assert all(one is not None for one in figures)
            assert all(answer["figure"] <= answer["served"] for answer in of_pair)
            # What was fetched at one moment is one table: no figure of another time under it.
            assert all(a["figure"] <= b["figure"] for a in of_pair for b in of_pair if a["asof"] < b["asof"] - 0.001), (
                of_pair
            )
    # Where it forgets, a machine that had none of its own may ask before the others have given theirs back (docs/redis.md).
    assert kis.count("token") <= (1 if keeps else 2)
    assert_no_secret(kis, server)


def assert_no_secret(kis: Simulator, server: RedisServer) -> None:
    held = server.everything()
    assert b"day:" in held
    for secret in (kis.app_key, kis.app_secret, *kis.issued_tokens, "k" * 43):
        assert secret.encode() not in held
