"""What the simulator's own tests share: a clock one can move, requests as KIS's document has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from xlwings_kis.simulator import Simulator
from xlwings_kis.simulator.answers import Answer, Request
from xlwings_kis.simulator.gateway import Gateway
from xlwings_kis.simulator.rules import KeyPair

SEOUL = timezone(timedelta(hours=9))
FRIDAY = datetime(2026, 11, 20, 13, 31, 5, tzinfo=SEOUL)
PATH = "/uapi/domestic-stock/v1/quotations/investor-program-trade-today"


@dataclass
class Clock:
    """A wall clock for `Simulator(now=…)`, and the seconds of a monotonic one."""

    time: datetime = FRIDAY
    monotonic: float = 1000.0

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class Desk:
    """Asks a gateway without a socket."""

    def __init__(self, clock: Clock, **options: Any) -> None:
        self.clock = clock
        self.gateway = Gateway(KeyPair("key", "secret"), **options)

    def headers(self, token: str, **changes: str | None) -> dict[str, str]:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {token}",
            "appkey": "key",
            "appsecret": "secret",
            "tr_id": "HHPPG046600C1",
            "custtype": "P",
        }
        return {name: value for name, value in {**headers, **changes}.items() if value is not None}

    def issue(self, **changes: Any) -> Answer:
        body = {"grant_type": "client_credentials", "appkey": "key", "appsecret": "secret", **changes}
        return self.send(Request("POST", "/oauth2/tokenP", body=json.dumps(body).encode()))

    def token(self) -> str:
        token: str = json.loads(self.issue().body)["access_token"]
        return token

    def ask(self, token: str, query: dict[str, str] | None = None, **changes: str | None) -> Answer:
        if query is None:
            query = {"EXCH_DIV_CLS_CODE": "J", "MRKT_DIV_CLS_CODE": "1"}
        return self.send(Request("GET", PATH, query, self.headers(token, **changes)))

    def send(self, request: Request) -> Answer:
        return self.gateway.answer(request, self.clock(), self.clock.monotonic)[0]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(clock: Clock) -> Desk:
    return Desk(clock, accepted_tokens=["brought"])


@pytest.fixture
def new_desk(clock: Clock) -> Callable[..., Desk]:
    return lambda **options: Desk(clock, accepted_tokens=["brought"], **options)


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    with Simulator(clock, accepted_tokens=["brought"], calls_per_second=1000) as running:
        yield running
