"""How often KIS is asked when many formulas in many threads and processes want the same six pairs at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import PROCESS_SECONDS, Place, child_command

_PROCESSES = 4
_THREADS = 16
_FORMULAS = 200
_ROUNDS = 5
_ALL = _PROCESSES * _FORMULAS

DATA = Figure(
    "calls", "data calls of 4 processes x 16 threads x 200 formulas on six pairs, all cold", "one call per formula",
    Unit.CALLS, 6 / _ALL,
)  # fmt: skip
TOKENS = Figure("tokens", "tokens they take", "one token per process", Unit.CALLS, 1 / _PROCESSES)


def measure(place: Place) -> Iterator[Measured]:
    """The worst of several rounds, each with a state folder of its own."""
    with Gateway(place) as gateway:
        _together(place, gateway, "benchmarks.calls:theirs_in_child")
        theirs = gateway.tell()
        data, tokens = [], []
        for _ in range(_ROUNDS):
            gateway.tell(reset=True)
            _together(place, gateway, "benchmarks.calls:ours_in_child", offset=gateway.offset)
            state = gateway.tell()
            data.append(state["data"])
            tokens.append(state["token"])
    yield Measured(DATA, max(data), theirs["data"], f"in {_ROUNDS} rounds: {', '.join(map(str, data))}")
    yield Measured(TOKENS, max(tokens), theirs["token"], f"in {_ROUNDS} rounds: {', '.join(map(str, tokens))}")


def _together(place: Place, gateway: Gateway, function: str, **arguments: float) -> None:
    """Start the processes; when all are ready, let them go."""
    command, environment = child_command(function, arguments), gateway.environment(place.new_home())
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    command,
                    env=environment,
                    cwd=place.folder,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    encoding="utf-8",
                )
            )
            for _ in range(_PROCESSES)
        ]
        for process in processes:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            if process.wait(PROCESS_SECONDS):
                raise RuntimeError(f"{function} ended with {process.returncode}")


def _on_go(job: Callable[[int], None]) -> None:
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(job, range(_FORMULAS)))


def ours_in_child(offset: float) -> None:
    """One process of ours; every formula must end in figures."""
    from benchmarks import sheet

    sheet.use_clock(offset)
    formulas = sheet.formulas(_FORMULAS)
    _on_go(lambda number: formulas[number].checked())


def theirs_in_child() -> None:
    """One process without us: a token of its own, then a call for every formula."""
    import os

    import requests

    from benchmarks.bare import SECONDS, ask, call
    from xlwings_kis.markets import ALL_PAIRS
    from xlwings_kis.protocol import Credentials, token_request
    from xlwings_kis.secret import Secret

    calls = [call(pair) for pair in ALL_PAIRS]
    wish = token_request(Credentials(Secret(os.environ["KIS_APP_KEY"]), Secret(os.environ["KIS_APP_SECRET"])))
    address = os.environ["KIS_BASE_URL"] + wish.path
    requests.post(address, headers=wish.headers, json=wish.json, timeout=SECONDS).raise_for_status()
    with requests.Session() as session:
        _on_go(lambda number: ask(session, calls[number % len(calls)]).close())


SUBJECT = Subject((DATA, TOKENS), measure)
