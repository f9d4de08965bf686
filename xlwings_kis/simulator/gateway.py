"""The simulated gateway without its socket: a request and two clocks in, an answer out.

Holds what KIS remembers (tokens, calls of the last second, global UIDs) and what a test asks of it (faults,
fixed bodies). Thread-safe; never sleeps.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import RLock
from typing import Any

from . import refusals, rules, wire
from .answers import Answer, Refusal, Request, json_answer
from .awkward import change_rows
from .effects import ELSEWHERE, answer_instead, spoil_body
from .faults import Concern, Fault
from .market import Row, rows_at, rows_of
from .rules import KeyPair
from .sessions import KST, final_before, in_kst, moment_served
from .tokens import TokenRegister

DATA, TOKEN, REDIRECTED = "program-trade", "token", "redirected"
_CONCERN: dict[str, Concern] = {DATA: "data", TOKEN: "token"}

Rows = Sequence[Mapping[str, Any]]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Call:
    """One request the gateway got: `kind` "token" or "program-trade", `at` in monotonic seconds.

    `status` is 0 where no answer was sent. `headers` have lower-case names and hold the key pair: they stay
    out of the repr.
    """

    kind: str
    exchange: str
    market: str
    headers: dict[str, str] = field(repr=False)
    at: float
    status: int


class Gateway:
    """See the module; `Simulator` is its public face."""

    def __init__(
        self,
        keys: KeyPair,
        *,
        calls_per_second: int = 18,
        token_interval: float = 60.0,
        loop_session: bool = False,
        seed: int = 0,
        accepted_tokens: Iterable[str] = (),
        bodies: Mapping[Pair, Rows] | None = None,
    ) -> None:
        self.keys = keys
        self.calls_per_second = calls_per_second
        self.token_interval = token_interval
        self.loop_session = loop_session
        self.seed = seed
        self.fault: Fault | None = None
        self.calls: list[Call] = []
        self.tokens = TokenRegister(accepted_tokens)
        self.lock = RLock()
        self._bodies: dict[Pair, Rows] = dict(bodies or {})
        self._queued: dict[Concern, deque[Fault]] = {"data": deque(), "token": deque()}
        self._recent: deque[float] = deque()
        self._seen_uids: set[str] = set()
        self._frozen_at: datetime | None = None

    # --- what a test asks of it ---

    def queue(self, fault: Fault, times: int) -> None:
        with self.lock:
            self._queued[fault.concerns].extend([fault] * times)

    def clear_faults(self) -> None:
        with self.lock:
            self.fault = None
            for queued in self._queued.values():
                queued.clear()

    def serve(self, exchange: str, market: str, rows: Rows | None) -> None:
        with self.lock:
            if rows is None:
                self._bodies.pop((exchange, market), None)
            else:
                self._bodies[exchange, market] = [dict(row) for row in rows]

    def rows(self, exchange: str, market: str, when: datetime) -> list[dict[str, Any]]:
        with self.lock:
            fixed = self._bodies.get((exchange, market))
        if fixed is not None:
            return [dict(row) for row in fixed]
        return list(rows_at(when, exchange, market, seed=self.seed, loop_session=self.loop_session))

    # --- what KIS does ---

    def answer(self, request: Request, now: datetime, monotonic: float) -> tuple[Answer, str | None]:
        """The answer and the kind of call (None: nothing KIS serves, not recorded)."""
        kind = _kind(request)
        if kind is None:
            return refusals.NO_SUCH_SERVICE.on_query(), None
        with self.lock:
            answer = self._answer(kind, request, now, monotonic)
            exchange, market = (
                request.query.get(name, "") for name in (wire.EXCHANGE_PARAMETER, wire.MARKET_PARAMETER)
            )
            self.calls.append(Call(kind, exchange, market, dict(request.headers), monotonic, answer.status))
        return answer, kind

    def _answer(self, kind: str, request: Request, now: datetime, monotonic: float) -> Answer:
        if kind == REDIRECTED:
            return Answer(404)
        fault = self._next_fault(_CONCERN[kind])
        instead = answer_instead(fault) if fault else None
        if instead is not None:
            return instead
        if kind == TOKEN:
            return self._answer_token(request, now, fault)
        refusal = self._refuse_data(request, now, monotonic)
        answer = refusal.on_query() if refusal else self._answer_data(request, now, fault)
        return answer.with_headers(*rules.response_headers(request))

    def _next_fault(self, concern: Concern) -> Fault | None:
        if self._queued[concern]:
            return self._queued[concern].popleft()
        return self.fault if self.fault is not None and self.fault.concerns == concern else None

    def _answer_token(self, request: Request, now: datetime, fault: Fault | None) -> Answer:
        refusal = rules.refuse_token_request(request, self.keys)
        if refusal:
            return refusal.on_token()
        token = self.tokens.issue(now, timedelta(seconds=self.token_interval))
        if isinstance(token, Refusal):
            return token.on_token()
        if fault is Fault.TOKEN_NO_EXPIRY:
            return json_answer(200, {"access_token": token.text, "token_type": "Bearer"})
        return rules.token_answer(token.text, f"{token.expires.astimezone(KST):%Y-%m-%d %H:%M:%S}")

    def _refuse_data(self, request: Request, now: datetime, monotonic: float) -> Refusal | None:
        return (
            rules.refuse_headers(request, self.keys)
            or self._refuse_repeated_uid(request.headers)
            or self._refuse_too_many(monotonic)
            or self._refuse_token(request.headers, now)
            or rules.refuse_query(request.query)
        )

    def _refuse_repeated_uid(self, headers: Mapping[str, str]) -> Refusal | None:
        if headers.get("custtype") != "B":
            return None
        uid = headers["gt_uid"]
        if uid in self._seen_uids:
            return refusals.BAD_GT_UID
        self._seen_uids.add(uid)
        return None

    def _refuse_too_many(self, monotonic: float) -> Refusal | None:
        while self._recent and monotonic - self._recent[0] >= 1.0:
            self._recent.popleft()
        if len(self._recent) >= self.calls_per_second:
            return refusals.TOO_MANY_CALLS
        self._recent.append(monotonic)
        return None

    def _refuse_token(self, headers: Mapping[str, str], now: datetime) -> Refusal | None:
        token = rules.bearer_token(headers)
        return token if isinstance(token, Refusal) else self.tokens.refuse(token, now)

    def _answer_data(self, request: Request, now: datetime, fault: Fault | None) -> Answer:
        exchange, market = request.query[wire.EXCHANGE_PARAMETER], request.query[wire.MARKET_PARAMETER]
        self._frozen_at = (self._frozen_at or now) if fault is Fault.FROZEN else None
        if fault is Fault.YESTERDAY:
            rows: list[Row] = self._yesterday(exchange, market, now)
        else:
            rows = self.rows(exchange, market, self._frozen_at or now)
        if fault is None:
            return json_answer(200, rules.success_body(rows))
        body = rules.success_body(change_rows(fault, rows))
        return spoil_body(fault, body) or json_answer(200, body)

    def _yesterday(self, exchange: str, market: str, now: datetime) -> list[Row]:
        served = moment_served(in_kst(now), exchange, loop_session=self.loop_session)
        return rows_of(final_before(served), exchange, market, seed=self.seed)

    # --- the control endpoint ---

    def state(self) -> dict[str, Any]:
        with self.lock:
            kinds = [call.kind for call in self.calls]
            return {
                "calls": len(kinds),
                "program_trade": kinds.count(DATA),
                "token": kinds.count(TOKEN),
                "tokens_issued": len(self.tokens.issued),
                "fault": self.fault.value if self.fault else None,
            }

    def control(self, body: bytes) -> Answer:
        """{"fault": name, "times": n}: the next n requests; n 0: until changed; fault null: none any more."""
        try:
            wish = json.loads(body)
            name, times = wish["fault"], wish.get("times", 1)
            fault = None if name is None else Fault(name)
            if type(times) is not int or times < 0:
                raise ValueError(f"times: {times!r}")
        except (ValueError, KeyError, TypeError, AttributeError):
            names = [fault.value for fault in Fault]
            return json_answer(400, {"error": 'expected {"fault": name or null, "times": n}', "faults": names})
        if fault is None:
            self.clear_faults()
        elif times == 0:
            self.fault = fault
        else:
            self.queue(fault, times)
        return json_answer(200, self.state())


def _kind(request: Request) -> str | None:
    if (request.method, request.path) == ("GET", wire.TRADE_PATH):
        return DATA
    if (request.method, request.path) == ("POST", wire.TOKEN_PATH):
        return TOKEN
    return REDIRECTED if request.path == ELSEWHERE else None
