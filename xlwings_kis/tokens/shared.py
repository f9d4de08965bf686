"""The token of several machines: encrypted on their server, under a lock that ends by itself.

Whoever learns of a token also keeps it in the private file of the machine: when the server goes away, everybody goes on
with it. Without the server nobody issues one, for forty machines would send forty messages to one telephone. Of two tokens
the one issued later wins, so what could not be written, and what a server has forgotten, comes back by whoever knows it.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import Any, NamedTuple

from xlwings_kis.clock import Clock
from xlwings_kis.errors import KisError, Problem, failure
from xlwings_kis.protocol import TOKEN_SECONDS
from xlwings_kis.secret import Secret
from xlwings_kis.store.base import StoreTrouble
from xlwings_kis.store.shared.server import Server, texts
from xlwings_kis.tokens.private import LOCK_SECONDS, SHORTEST_LOCK, Kept, PrivateFile
from xlwings_kis.tokens.seal import Seal
from xlwings_kis.tokens.state import COOL_DOWN, State, joined, waiting

HOLD_SECONDS = TOKEN_SECONDS + 4.0
"""How long a lock lasts: longer than a token request, and what a dead holder costs the others at most."""

LOOK_SECONDS = 10.0
"""How often a process with a token looks whether the others have it too."""

AWAY_SECONDS = 5.0
POLL_SECONDS = 0.05
_NOTE = TOKEN_SECONDS + 1.0


class _Held(NamedTuple):
    """See `issuing.Held`. `holder` is of this one time: whoever has had the lock since makes it void."""

    place: SharedToken
    holder: str

    @property
    def state(self) -> State:
        return self.place.seen

    def save(self, state: State) -> None:
        if not self.place.write(self.holder, state):
            raise waiting("token_wait", "", "", self.place.now() + COOL_DOWN)

    def keep(self, state: State) -> None:
        with suppress(KisError):
            self.place.write(self.holder, state)
        self.place.adopt(state)


class SharedToken:
    """See `issuing.Place`. `own`: the file of this machine. `near`: whether it is worth while to look just to be sure."""

    def __init__(
        self,
        server: Server,
        scope: str,
        key: Secret,
        own: PrivateFile,
        clock: Clock,
        near: Callable[[], bool] = lambda: True,
    ) -> None:
        self._server = server
        self._scope = scope
        self._seal = Seal(key, scope)
        self._own = own
        self._clock = clock
        self._near = near
        self._mutex = threading.Lock()
        self._seen = State()
        self._looked = self._away = -math.inf
        self._trouble: Problem | None = None

    @property
    def warning(self) -> Problem | None:
        """See `issuing.Place.warning`."""
        return self._trouble or self._own.warning

    @property
    def seen(self) -> State:
        """See `issuing.Place.seen`."""
        return self._seen

    def now(self) -> float:
        """This machine's clock."""
        return self._clock.epoch()

    def known(self) -> State:
        """See `issuing.Place.known`. Looks at the server now and then, and tells it what it does not know."""
        ticks, valid = self._clock.monotonic(), self._seen.valid(self.now())
        if valid and (ticks - self._looked < LOOK_SECONDS or not self._near()):
            return self._seen
        self._looked = ticks
        ours = self._seen if valid else self._own.read()
        try:
            shared = self._opened(self._ask("token"))
        except KisError as trouble:
            if not ours.valid(self.now()):
                raise
            self._trouble = trouble.problem if trouble.problem.key == "other_store_key" else None
            self._seen = ours
            return ours
        if joined(shared, ours, self.now()) == shared:
            self.adopt(shared)
        else:
            self._seen = ours
            with suppress(KisError), self.locked(TOKEN_SECONDS):
                pass  # taking the lock brings together what both sides know
        return self._seen

    @contextmanager
    def locked(self, seconds: float) -> Iterator[_Held]:
        """See `issuing.Place.locked`."""
        patience = min(LOCK_SECONDS, max(SHORTEST_LOCK, seconds - TOKEN_SECONDS))
        end = self._clock.monotonic() + patience
        if not self._mutex.acquire(timeout=patience):
            raise waiting("token_wait", "", "", self.now() + COOL_DOWN)
        try:
            holder, reply = self._take(end)
            try:
                shared = self._opened(reply)
                state = joined(shared, self._newest(), self.now())
                if state != shared:
                    self.write(holder, state)
                self.adopt(state)
                yield _Held(self, holder)
            finally:
                with suppress(KisError):
                    self._ask("unlock_token", holder)
        finally:
            self._mutex.release()

    def forget(self) -> bool:
        """See `issuing.Place.forget`: the others keep theirs."""
        with self._mutex:
            self._seen = State()
            return self._own.forget()

    def write(self, holder: str, state: State) -> bool:
        """Write it unless somebody else has had the lock since. Raises `KisError` where the server cannot be had."""
        offset = self._offset()
        there = state.shifted(offset)
        sealed = self._seal.close(there.dump())
        return bool(self._ask("save_token", holder, self._seal.mark, sealed, there.until))

    def adopt(self, state: State) -> None:
        """Go by it, and keep it in this machine's file."""
        before, self._seen = self._seen, state
        if state.valid(self.now()) and (before.token, before.accepted) != (state.token, state.accepted):
            with suppress(KisError), self._own.locked(_NOTE) as own:
                if (own.state.token, own.state.accepted) != (state.token, state.accepted):
                    own.keep(state)

    def _newest(self) -> State:
        """What this machine knows: the process, or its file."""
        ours = self._own.read()
        return ours if ours.issued > self._seen.issued else self._seen

    def _take(self, end: float) -> tuple[str, list[Any]]:
        nonce = token_hex(8)
        while True:
            reply = self._ask("lock_token", nonce, str(int(HOLD_SECONDS * 1000)))
            if reply:
                return texts(reply[:1])[0], reply[1:]
            if self._clock.monotonic() >= end:
                raise waiting("token_wait", "", "", self.now() + COOL_DOWN)
            self._clock.sleep(POLL_SECONDS)

    def _opened(self, reply: list[Any]) -> State:
        """What the server holds, by this machine's clock. Raises `SettingsError` for what another key has sealed."""
        state = opened(reply, self._seal, self._server.now())
        self._trouble = None
        return state.shifted(-self._offset()).by_now(self.now())

    def _offset(self) -> float:
        try:
            return self._server.offset()
        except StoreTrouble:
            raise failure("desk_away") from None

    def _ask(self, step: str, *arguments: str | bytes | float) -> Any:
        """A step on the server; while it is away it is not asked again at once."""
        if self._clock.monotonic() < self._away:
            raise failure("desk_away")
        try:
            return self._server.step(self._scope, step, "", 0.0, *arguments)
        except StoreTrouble:
            self._away = self._clock.monotonic() + AWAY_SECONDS
            raise failure("desk_away") from None


def opened(reply: list[Any], seal: Seal, now: float) -> State:
    """What the server holds, by its clock (`now`). Raises `SettingsError` for what another key has sealed."""
    key, written, until = texts((reply[0], reply[2], reply[3]))
    if not reply[1]:
        return State()
    if key != seal.mark:
        if float(until) <= now:  # nothing of it matters any more: the desk has changed its key
            return State()
        raise failure("other_store_key", ask_user=True)
    data = seal.open(reply[1])
    if data is not None and (state := State.load(data)):
        return state
    # Damaged: but for the request that wrote it, as far as anybody can tell, for the limit outlives it.
    return State(requests=(float(written),) if 0 <= now - float(written) < COOL_DOWN else ())


def look(server: Server, scope: str, key: Secret) -> Kept:
    """What is shared, without the lock and without changing anything. Raises `SettingsError`, `StoreTrouble`."""
    offset, now = server.offset(), server.now()
    state = opened(server.step(scope, "token", "", 0.0), Seal(key, scope), now)
    rest = None
    if now < state.rest_until:
        rest = waiting(state.rest_key, state.rest_code, state.rest_msg, state.rest_until - offset).problem
    return Kept(valid_until=state.expires - offset if state.by_now(now).valid(now) else 0.0, rest=rest)


def forget_shared(server: Server, scope: str) -> bool:
    """Take the token from the server; whether there was one. Raises `StoreTrouble`."""
    return bool(server.step(scope, "forget_token", "", 0.0))
