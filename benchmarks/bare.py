"""The baseline on the wire: what `requests` alone takes for one call with the right headers."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, NamedTuple

import requests

from benchmarks.gateway import TOKEN
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.protocol import Credentials, data_request
from xlwings_kis.secret import Secret

SECONDS = 30


class Call(NamedTuple):
    """One call, ready to be sent."""

    url: str
    headers: dict[str, str]
    params: dict[str, str]


def call(pair: Pair = ALL_PAIRS[0]) -> Call:
    """The call for a pair to the gateway of the environment."""
    who = Credentials(Secret(os.environ["KIS_APP_KEY"]), Secret(os.environ["KIS_APP_SECRET"]))
    request = data_request(pair, who, Secret(TOKEN), str)
    return Call(os.environ["KIS_BASE_URL"] + request.path, request.headers, request.params)


def ask(session: Any, made: Call) -> requests.Response:
    """Ask with a session (connection kept) or with the module `requests` itself (a new connection each time)."""
    response: requests.Response = session.get(made.url, headers=made.headers, params=made.params, timeout=SECONDS)
    response.raise_for_status()
    return response


class RoundTrip:
    """One kept-alive connection; `seconds()` is what a round trip on it takes."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._call = call()
        ask(self._session, self._call)

    def seconds(self) -> float:
        """Send one call, read its answer whole."""
        start = time.perf_counter()
        ask(self._session, self._call)
        return time.perf_counter() - start

    def warm_gateway(self) -> None:
        """Let the simulator compute its tables, so that nobody pays for that."""
        for pair in ALL_PAIRS:
            ask(self._session, call(pair))


def side_by_side() -> float:
    """What six bare calls take, a thread and a new connection each: the floor of six cold pairs on this machine."""
    with requests.Session() as session:
        threads = [threading.Thread(target=ask, args=(session, call(pair))) for pair in ALL_PAIRS]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - start
