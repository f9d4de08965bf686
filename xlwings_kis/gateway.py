"""One table from KIS, with the retries KIS asks for and no others."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple, Protocol

from xlwings_kis.clock import LARGEST_SKEW, Clock
from xlwings_kis.errors import KisError, Problem, error, failure
from xlwings_kis.markets import Pair
from xlwings_kis.payload import read_rows
from xlwings_kis.protocol import (
    TOKEN_SECONDS,
    Answer,
    Credentials,
    IssuedToken,
    Refusal,
    Remedy,
    Request,
    TransportFault,
    data_request,
    gateway_time,
    read_data,
    read_token,
    token_request,
)
from xlwings_kis.rows import Row
from xlwings_kis.secret import Secret, redact

SOON = (0.1, 0.25, 0.5)
"""Pauses before repeating a call the gateway refused for its number (observed: 0.1–0.5 s, at most three times)."""

PAUSES = {Remedy.STOP: (), Remedy.NEW_TOKEN: (0.0,), Remedy.AGAIN_SOON: SOON, Remedy.AGAIN_ONCE: SOON[:1]}
"""How often a refused call is repeated, and after which pauses."""


class Sender(Protocol):
    """What carries a request: `transport.Transport`, or a double."""

    def send(self, request: Request, budget: float) -> Answer: ...

    def close(self) -> None: ...


class TokenShelf(Protocol):
    """Where tokens come from; see `tokens`. `seconds` is what is left for waiting and issuing together."""

    @property
    def warning(self) -> Problem | None:
        """Something to tell beside the figures."""

    def current(self, seconds: float = ...) -> Secret: ...

    def replace(self, rejected: Secret, seconds: float = ...) -> Secret: ...

    def accepted(self, token: Secret) -> None: ...


class Received(NamedTuple):
    """One successful answer: rows and notes, when it came by the PC's clock and how far off that clock is."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    at: float
    skew: float
    sha256: str


class Gateway:
    """Speaks to KIS for one key pair. `counted` is told of every request that left, `rate` gives leave for repeated ones."""

    def __init__(
        self,
        sender: Sender,
        who: Credentials,
        clock: Clock,
        *,
        counted: Callable[[str], None] = lambda kind: None,
        rate: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._sender = sender
        self._who = who
        self._clock = clock
        self._counted = counted
        self._rate = rate

    def program_trade(self, pair: Pair, tokens: TokenShelf, seconds: float) -> Received:
        """The table of a pair, within `seconds`. Raises typed errors; a rejected token has been replaced once by then."""
        end = self._clock.monotonic() + seconds
        token = tokens.current(seconds=seconds)
        tries: dict[Remedy | str, int] = {}
        while True:
            try:
                answer = self._send(data_request(pair, self._who, token, _new_uid), end)
                body = read_data(answer)
            except TransportFault as fault:
                if not fault.again or not self._again(tries, "connection", (0.0,), end):
                    raise fault.error from fault
            except Refusal as refusal:
                remedy, used = refusal.treatment.remedy, token
                if remedy is Remedy.NEW_TOKEN and remedy not in tries:
                    token = _other(tokens, token, refusal.error.code, end - self._clock.monotonic())
                if not self._again(tries, remedy, PAUSES[remedy], end):
                    raise self._clean(refusal.error, used) from None
            else:
                tokens.accepted(token)
                return self._received(answer, *self._harmless(*read_rows(body), token))

    def issue_token(self) -> IssuedToken:
        """A new token. Never repeated after anything was sent: every issue is a message on the customer's telephone."""
        end = self._clock.monotonic() + TOKEN_SECONDS
        for last in (False, True):
            try:
                answer = self._send(token_request(self._who), end)
                return read_token(answer, self._clock.epoch())
            except TransportFault as fault:
                if last or fault.sent or not fault.again or self._clock.monotonic() >= end:
                    raise
            except Refusal as refusal:
                raise self._clean(refusal.error) from None
        raise failure("no_answer")

    def _send(self, request: Request, end: float) -> Answer:
        left = end - self._clock.monotonic()
        if left <= 0:
            raise failure("no_answer")
        sent = True
        try:
            return self._sender.send(request, left)
        except TransportFault as fault:
            sent = fault.sent
            raise
        finally:
            if sent:
                self._counted(request.kind)

    def _again(self, tries: dict[Remedy | str, int], what: Remedy | str, pauses: tuple[float, ...], end: float) -> bool:
        """Whether to repeat once more; if so, the pause and the leave of the rate lie behind."""
        done = tries.get(what, 0)
        if done >= len(pauses) or self._clock.monotonic() + pauses[done] >= end:
            return False
        tries[what] = done + 1
        self._clock.sleep(pauses[done])
        while (wait := self._rate()) > 0:
            if self._clock.monotonic() + wait >= end:
                return False
            self._clock.sleep(wait)
        return self._clock.monotonic() < end

    def _received(self, answer: Answer, rows: tuple[Row, ...], notes: tuple[str, ...]) -> Received:
        now = self._clock.epoch()
        gateway = gateway_time(answer)
        skew = 0.0 if gateway is None or abs(gateway - now) <= LARGEST_SKEW else gateway - now
        return Received(rows, notes, now, skew, sha256(answer.body).hexdigest())

    def _clean(self, refused: KisError, token: Secret | None = None) -> KisError:
        """KIS's own words, should they echo what they were sent."""
        problem, secrets = refused.problem, (*self._who.secrets, token)
        facts = {name: redact(fact, secrets) for name, fact in problem.facts.items()}
        return error(replace(problem, code=redact(problem.code, secrets), facts=facts))

    def _harmless(
        self, rows: tuple[Row, ...], notes: tuple[str, ...], token: Secret
    ) -> tuple[tuple[Row, ...], tuple[str, ...]]:
        """The table, should a name in it echo what was sent: then without that."""
        secrets = (*self._who.secrets, token)
        words = "\n".join((*(f"{row.code} {row.name}" for row in rows), *notes))
        if redact(words, secrets) == words:
            return rows, notes
        clean = tuple(replace(row, code=redact(row.code, secrets), name=redact(row.name, secrets)) for row in rows)
        return clean, tuple(redact(note, secrets) for note in notes)


def _other(tokens: TokenShelf, rejected: Secret, code: str, seconds: float) -> Secret:
    """Another token; where there is none, the error carries KIS's code, which the shelf was not told."""
    try:
        return tokens.replace(rejected, seconds=seconds)
    except KisError as none:
        raise error(replace(none.problem, code=none.problem.code or code)) from none


def _new_uid() -> str:
    """A `gt_uid`: new for every call, at most 32 characters (document)."""
    return uuid.uuid4().hex
