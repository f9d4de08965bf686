"""The rules of issuing, wherever token and lock are: what went wrong is remembered, and noted before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from typing import Protocol

from xlwings_kis.clock import Clock
from xlwings_kis.errors import KisError, Problem, failure
from xlwings_kis.protocol import TOKEN_SECONDS, IssuedToken, TransportFault
from xlwings_kis.secret import Secret
from xlwings_kis.tokens.state import COOL_DOWN, LONGEST_REST, MOST_IN_COOL_DOWN, State, waiting

NOTE_SECONDS = 1.0
"""Seconds the note that a token was accepted waits for the lock: the next answer brings it again."""


class Held(Protocol):
    """The lock in our hands, and what is known while we hold it."""

    @property
    def state(self) -> State: ...

    def save(self, state: State) -> None:
        """Write it for all to see, or raise `KisError`."""

    def keep(self, state: State) -> None:
        """Write what is known for good; where that cannot be it lives on in this process until it can."""


class Place(Protocol):
    """Where a token and its lock are. The lock is never by-passed."""

    @property
    def warning(self) -> Problem | None:
        """Something to tell beside the figures."""

    @property
    def seen(self) -> State:
        """What was known last."""

    def known(self) -> State:
        """What is known without the lock."""

    def locked(self, seconds: float) -> AbstractContextManager[Held]:
        """The lock; of `seconds`, those of a token request are left over. Raises `KisError` where it cannot be had."""

    def forget(self) -> bool:
        """Remove the token from this machine, not while somebody issues one; whether there was one."""


class Tokens:
    """The token of one gateway and key, from its place. Thread- and process-safe; `issue` asks the gateway for a new one."""

    def __init__(self, place: Place, issue: Callable[[], IssuedToken], clock: Clock) -> None:
        self._place = place
        self._issue = issue
        self._clock = clock

    @property
    def warning(self) -> Problem | None:
        """Something to tell beside the figures."""
        return self._place.warning

    def current(self, seconds: float = math.inf) -> Secret:
        """A token that should work, issued if there is none; waiting and issuing together take at most `seconds`.

        Raises `TokenError`, `CredentialError`, `NetworkError`, and `SettingsError` where a shared one is sealed by another key.
        """
        known = self._place.known()
        if known.valid(self._clock.epoch()):
            return Secret(known.token)
        with self._place.locked(seconds) as held:
            if held.state.valid(self._clock.epoch()):
                return Secret(held.state.token)
            return self._new(held)

    def replace(self, rejected: Secret, seconds: float = math.inf) -> Secret:
        """Another token than the rejected one: what somebody else issued meanwhile, else a new one, else an error."""
        with self._place.locked(seconds) as held:
            state, now = held.state, self._clock.epoch()
            if state.valid(now) and state.token != rejected.reveal():
                return Secret(state.token)
            strikes = 0
            if state.token == rejected.reveal() and not state.accepted:
                rest = min(COOL_DOWN * 10 ** min(state.strikes, 3), LONGEST_REST)
                if state.issued <= now < state.issued + rest:
                    raise waiting("token_rejected", "", "", state.issued + rest)
                strikes = state.strikes + 1
            return self._new(held, strikes)

    def accepted(self, token: Secret) -> None:
        """KIS took this token: should it be refused one day, it may be replaced at once."""
        if self._place.seen.accepted and self._place.seen.token == token.reveal():
            return
        # Figures that came are not given up for a note, nor do they wait long for it.
        with suppress(KisError), self._place.locked(TOKEN_SECONDS + NOTE_SECONDS) as held:
            if held.state.token == token.reveal() and not held.state.accepted:
                held.keep(replace(held.state, accepted=True, strikes=0))

    def forget(self) -> bool:
        """Remove the token from this machine, not while somebody issues one; whether there was one."""
        return self._place.forget()

    def _new(self, held: Held, strikes: int = 0) -> Secret:
        """Issue, inside the lock. The rest is written before anything is sent, so that even a killed process leaves it."""
        now = self._clock.epoch()
        state = self._resting(held, now)
        recent = tuple(at for at in state.requests if now - COOL_DOWN < at <= now)
        if len(recent) >= MOST_IN_COOL_DOWN:
            raise waiting("token_wait", "", "", recent[-MOST_IN_COOL_DOWN] + COOL_DOWN)
        armed = replace(
            state,
            requests=(*recent, now),
            rest_from=now,
            rest_until=now + COOL_DOWN,
            rest_key="token_wait",
            rest_code="",
            rest_msg="",
        )
        held.save(armed)
        try:
            issued = self._issue()
        except TransportFault as fault:
            if not fault.sent:
                held.keep(state)
                raise fault.error from fault
            held.keep(replace(armed, rest_key="token_unanswered"))
            raise waiting("token_unanswered", "", "", armed.rest_until) from fault
        except KisError as refused:
            problem = refused.problem
            key, msg = problem.key if problem.code else "token_wait", problem.facts.get("msg", "")
            held.keep(replace(armed, rest_key=key, rest_code=problem.code, rest_msg=msg))
            raise waiting(key, problem.code, msg, armed.rest_until) from refused
        now = self._clock.epoch()
        got = replace(
            state,
            token=issued.token.reveal(),
            issued=now,
            expires=now + issued.lifetime,
            accepted=False,
            strikes=strikes,
            requests=armed.requests,
            rest_from=0.0,
            rest_until=0.0,
        )
        held.keep(got)
        return issued.token

    def _resting(self, held: Held, now: float) -> State:
        """The state, if no rest is on. A clock set back must not make a rest longer than it was meant, nor end it."""
        state = held.state
        if now < max(state.rest_from, *state.requests, 0.0):
            start, length = min(state.rest_from, now), state.rest_until - state.rest_from
            requests = tuple(min(at, now) for at in state.requests)
            state = replace(state, rest_from=start, rest_until=start + length, requests=requests)
            held.save(state)
        if now < state.rest_until:
            raise waiting(state.rest_key, state.rest_code, state.rest_msg, state.rest_until)
        return state


class BroughtToken:
    """A token the user brings (corporations): used as it is, never issued, never replaced."""

    warning: Problem | None = None

    def __init__(self, token: Secret) -> None:
        self._token = token

    def current(self, seconds: float = math.inf) -> Secret:
        """The token of the setting."""
        return self._token

    def replace(self, rejected: Secret, seconds: float = math.inf) -> Secret:
        """Only the user can bring another one."""
        raise failure("brought_token_rejected", ask_user=True)

    def accepted(self, token: Secret) -> None:
        """Nothing to remember."""

    def forget(self) -> bool:
        """Nothing is kept."""
        return False
