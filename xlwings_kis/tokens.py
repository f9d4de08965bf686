"""Access tokens as KIS wants them: one a day for the whole machine, and never a storm.

Every issue sends the customer a KakaoTalk message, and frequent issues lead to restriction (observed). So a token lives in
a private file that all processes read, one lock is held while one of them issues, and whatever went wrong is written
beside it, so that nobody repeats it.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import math
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from xlwings_kis import wording
from xlwings_kis.clock import Clock, to_kst
from xlwings_kis.errors import KisError, Problem, error, failure
from xlwings_kis.files import private_folder, remove_file, replace_file
from xlwings_kis.protocol import TOKEN_SECONDS, TREATMENTS, IssuedToken, TransportFault
from xlwings_kis.secret import Secret

COOL_DOWN = 60.0
"""Seconds nobody asks for a token after a refusal or an unanswered request."""

MOST_IN_COOL_DOWN = 2
"""Token requests in any 60 seconds, whatever happens."""

LONGEST_REST = 6 * 3600.0
"""KIS hands out the same token for six hours (observed): if that one is refused, asking again sooner is only noise."""

MARGIN = 30.0
"""Seconds before its end from which a token is not used any more."""

LOCK_SECONDS = 14.0

SHORTEST_LOCK = 0.1
"""Seconds the lock is waited for where next to nothing is left: what another process has issued is worth that."""

NOTE_SECONDS = 1.0
"""Seconds the note that a token was accepted waits for the lock: the next answer brings it again."""

_LATEST = 1e11
"""No time in the file is beyond this: the calendar of `datetime` ends at about 2.5e11."""


@dataclass(frozen=True, slots=True)
class _State:
    """What the file holds. Times are this PC's clock, so a lifetime is counted from the moment the token came."""

    token: str = field(default="", repr=False)
    issued: float = 0.0
    expires: float = 0.0
    accepted: bool = False
    strikes: int = 0
    requests: tuple[float, ...] = ()
    rest_from: float = 0.0
    rest_until: float = 0.0
    rest_key: str = ""
    rest_code: str = ""
    rest_msg: str = ""

    def valid(self, now: float) -> bool:
        """Whether the token may be used; one from the future (a clock set back) may not."""
        return bool(self.token) and self.issued <= now < self.expires - MARGIN

    def dump(self) -> bytes:
        return json.dumps({"version": 1, **asdict(self)}).encode()

    @classmethod
    def load(cls, data: bytes) -> _State | None:
        """The state in a file; None for anything unreadable: a damaged file is replaced at the next write."""
        try:
            raw: dict[str, Any] = json.loads(data)
            if not (isinstance(raw["token"], str) and isinstance(raw["accepted"], bool)):
                return None
            state = cls(
                raw["token"], float(raw["issued"]), float(raw["expires"]), raw["accepted"], int(raw["strikes"]),
                tuple(float(at) for at in raw["requests"]), float(raw["rest_from"]), float(raw["rest_until"]),
                str(raw["rest_key"]), str(raw["rest_code"]), str(raw["rest_msg"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            return None
        return state if raw.get("version") == 1 and state._sane() else None

    def _sane(self) -> bool:
        """Whether `dump` may have written this: a damaged file must neither raise later nor rest for ever."""
        times = (self.issued, self.expires, self.rest_from, self.rest_until, *self.requests)
        return (
            all(0 <= at < _LATEST for at in times)
            and 0 <= self.rest_until - self.rest_from <= COOL_DOWN + 1
            and self.strikes >= 0
            and (self.rest_key in wording.SENTENCES or not self.rest_until)
            and self.token.isascii()
            and self.token.isprintable()
        )


class _Unsaved(NamedTuple):
    """What only this process knows, for it could not be written: `state`, for as long as the file holds `on_file`."""

    path: Path
    on_file: _State
    state: _State


class Tokens:
    """The shared token of one gateway and key. Thread- and process-safe; `issue` asks the gateway for a new one."""

    def __init__(self, folder: Path, scope: str, issue: Callable[[], IssuedToken], clock: Clock) -> None:
        self._homes = [folder, _spare_folder(scope)]
        self._name = f"token-{scope}"
        self._issue = issue
        self._clock = clock
        self._mutex = threading.Lock()
        self._seen = _State()
        self._on_file = _State()
        self._unsaved: _Unsaved | None = None
        self.warning: Problem | None = None

    def current(self, seconds: float = math.inf) -> Secret:
        """A token that should work, issued if there is none; waiting and issuing together take at most `seconds`.

        Raises `TokenError`, `CredentialError`, `NetworkError`.
        """
        seen = self._seen  # another thread may forget it at any moment
        if seen.valid(self._clock.epoch()):
            return Secret(seen.token)
        with self._locked(seconds) as (path, state):
            if state.valid(self._clock.epoch()):
                return Secret(state.token)
            return self._new(path, state)

    def replace(self, rejected: Secret, seconds: float = math.inf) -> Secret:
        """Another token than the rejected one: what somebody else issued meanwhile, else a new one, else an error."""
        with self._locked(seconds) as (path, state):
            now = self._clock.epoch()
            if state.valid(now) and state.token != rejected.reveal():
                return Secret(state.token)
            strikes = 0
            if state.token == rejected.reveal() and not state.accepted:
                rest = min(COOL_DOWN * 10 ** min(state.strikes, 3), LONGEST_REST)
                if state.issued <= now < state.issued + rest:
                    raise _wait("token_rejected", "", "", state.issued + rest)
                strikes = state.strikes + 1
            return self._new(path, state, strikes)

    def accepted(self, token: Secret) -> None:
        """KIS took this token: should it be refused one day, it may be replaced at once."""
        if self._seen.accepted and self._seen.token == token.reveal():
            return
        # Figures that came are not given up for a note, nor do they wait long for it.
        with suppress(KisError), self._locked(TOKEN_SECONDS + NOTE_SECONDS) as (path, state):
            if state.token == token.reveal() and not state.accepted:
                self._keep(path, replace(state, accepted=True, strikes=0))

    def forget(self) -> bool:
        """Remove the token from this machine, not while somebody issues one; whether there was one."""
        with self._mutex:
            self._seen, self._unsaved = _State(), None
            removed = [_forget(home, self._name) for home in self._homes]
        return any(removed)

    def _new(self, path: Path, state: _State, strikes: int = 0) -> Secret:
        """Issue, inside the lock. The rest is written before anything is sent, so that even a killed process leaves it."""
        now = self._clock.epoch()
        state = self._resting(path, state, now)
        recent = tuple(at for at in state.requests if now - COOL_DOWN < at <= now)
        if len(recent) >= MOST_IN_COOL_DOWN:
            raise _wait("token_wait", "", "", recent[-MOST_IN_COOL_DOWN] + COOL_DOWN)
        armed = replace(
            state,
            requests=(*recent, now),
            rest_from=now,
            rest_until=now + COOL_DOWN,
            rest_key="token_wait",
            rest_code="",
            rest_msg="",
        )
        self._save(path, armed)
        try:
            issued = self._issue()
        except TransportFault as fault:
            if not fault.sent:
                self._keep(path, state)
                raise fault.error from fault
            raise _wait("token_wait", "", "", armed.rest_until) from fault
        except KisError as refused:
            problem = refused.problem
            key, msg = problem.key if problem.code else "token_wait", problem.facts.get("msg", "")
            self._keep(path, replace(armed, rest_key=key, rest_code=problem.code, rest_msg=msg))
            raise _wait(key, problem.code, msg, armed.rest_until) from refused
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
        self._keep(path, got)
        return issued.token

    def _resting(self, path: Path, state: _State, now: float) -> _State:
        """The state, if no rest is on. A clock set back must not make a rest longer than it was meant, nor end it."""
        if now < max(state.rest_from, *state.requests, 0.0):
            start, length = min(state.rest_from, now), state.rest_until - state.rest_from
            requests = tuple(min(at, now) for at in state.requests)
            state = replace(state, rest_from=start, rest_until=start + length, requests=requests)
            self._save(path, state)
        if now < state.rest_until:
            raise _wait(state.rest_key, state.rest_code, state.rest_msg, state.rest_until)
        return state

    def _save(self, path: Path, state: _State) -> None:
        self._seen = state
        replace_file(path, state.dump(), private=True)
        self._on_file, self._unsaved = state, None

    def _keep(self, path: Path, state: _State) -> None:
        """Save what is known for good; on a disk that is full by now it lives in this process, until it can be saved."""
        try:
            self._save(path, state)
        except OSError:
            self._unsaved = _Unsaved(path, self._on_file, state)

    def _load(self, path: Path) -> _State:
        """What the file holds, or what this process knows beyond it."""
        self._on_file = _State.load(path.read_bytes()) or self._damaged(path)
        unsaved = self._unsaved
        if unsaved is None:
            return self._on_file
        # In another folder than before, the one that knows of the later request is right.
        latest, ours = (max(state.requests, default=0.0) for state in (self._on_file, unsaved.state))
        if self._on_file != unsaved.on_file if path == unsaved.path else latest > ours:
            self._unsaved = None
            return self._on_file
        self._keep(path, unsaved.state)
        return unsaved.state

    def _damaged(self, path: Path) -> _State:
        """An empty state, but for the request that wrote the file, as far as anybody can tell: the limit outlives it."""
        written = path.stat().st_mtime
        return _State(requests=(written,) if 0 <= self._clock.epoch() - written < COOL_DOWN else ())

    @contextmanager
    def _locked(self, seconds: float) -> Iterator[tuple[Path, _State]]:
        """The lock of the machine, and what the file holds now. Of `seconds`, those of a token request are left over."""
        import filelock

        patience = min(LOCK_SECONDS, max(SHORTEST_LOCK, seconds - TOKEN_SECONDS))
        end = self._clock.monotonic() + patience
        if not self._mutex.acquire(timeout=patience):
            raise _wait("token_wait", "", "", self._clock.epoch() + COOL_DOWN)
        try:
            for home in self._homes:
                left = max(0.0, end - self._clock.monotonic())
                lock = filelock.FileLock(home / f"{self._name}.lock", timeout=left)
                path = home / f"{self._name}.json"
                try:
                    private_folder(home)
                    if not os.access(home, os.W_OK | os.X_OK):
                        raise PermissionError(f"{home.name} cannot be written")
                    lock.acquire()
                    if not path.is_file():
                        replace_file(path, _State().dump(), private=True)
                except filelock.Timeout:
                    raise _wait("token_wait", "", "", self._clock.epoch() + COOL_DOWN) from None
                except OSError:
                    lock.release(force=True)
                    continue
                try:
                    self.warning = None if home == self._homes[0] else Problem("state_folder")
                    self._seen = self._load(path)
                    yield path, self._seen
                except OSError as trouble:
                    raise failure("state_folder") from trouble
                else:
                    return
                finally:
                    lock.release()
            raise failure("state_folder")
        finally:
            self._mutex.release()


class Kept(NamedTuple):
    """What the file of a gateway and key holds: whether it can be read, and until when the token or a rest lasts (0: none)."""

    readable: bool = True
    valid_until: float = 0.0
    rest: Problem | None = None


def look(folder: Path, scope: str, now: float) -> Kept:
    """See what is kept, without a lock and without changing anything."""
    for home in (folder, _spare_folder(scope)):
        try:
            state = _State.load((home / f"token-{scope}.json").read_bytes())
        except OSError:
            continue
        if state is None:
            return Kept(readable=False)
        resting = now < state.rest_until
        rest = _wait(state.rest_key, state.rest_code, state.rest_msg, state.rest_until).problem if resting else None
        return Kept(valid_until=state.expires if state.valid(now) else 0.0, rest=rest)
    return Kept()


def forget_all(folder: Path) -> bool:
    """Remove the tokens of every gateway and key from this machine, as far as that goes; whether there was one."""
    removed = False
    with suppress(OSError):
        names = {path.stem for suffix in ("json", "lock") for path in folder.glob(f"token-*.{suffix}")}
        for name in sorted(names):
            spare = _spare_folder(name.removeprefix("token-"))
            for home in (folder, spare):
                removed |= _forget(home, name)
            if not spare.is_symlink():
                with suppress(OSError):
                    spare.rmdir()
        for torn in folder.glob(".token-*.tmp"):  # of a process that was killed while it wrote
            with suppress(OSError):
                remove_file(torn)
    return removed


def _forget(home: Path, name: str) -> bool:
    """Remove a token's files from one folder, not while somebody issues one; whether there was one."""
    import filelock

    removed = False
    if home.is_dir():
        lock = filelock.FileLock(home / f"{name}.lock", timeout=LOCK_SECONDS)
        with suppress(OSError, filelock.Timeout):
            lock.acquire()
        for path in (home / f"{name}.json", home / f"{name}.lock"):
            with suppress(OSError):
                removed |= remove_file(path) and path.suffix == ".json"
        lock.release(force=True)
    return removed


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


def _wait(key: str, code: str, msg: str, until: float) -> KisError:
    facts = {"time": f"{to_kst(until):%H:%M:%S}", "msg": msg}
    ask_user = any(treatment.ask_user for treatment in TREATMENTS.values() if treatment.key == key)
    return error(Problem(key, code, facts, ask_user, until))


def _spare_folder(scope: str) -> Path:
    """Where the lock lives when the state folder cannot be written: the lock is never done without."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no user name in the environment or the password file
        user = ""
    mark = hashlib.blake2b(f"{user}{scope}".encode(), digest_size=6).hexdigest()
    return Path(tempfile.gettempdir()) / f"xlwings-kis-{mark}"
