"""Access tokens as KIS wants them: one a day for the whole machine, and never a storm.

Every issue sends the customer a KakaoTalk message, and frequent issues lead to restriction (observed). So a token lives in
a private file that all processes read, one lock is held while one of them issues, and whatever went wrong is written
beside it, so that nobody repeats it.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from xlwings_kis import wording
from xlwings_kis.clock import Clock, to_kst
from xlwings_kis.errors import KisError, Problem, error, failure
from xlwings_kis.files import private_folder, remove_file, replace_file
from xlwings_kis.protocol import TREATMENTS, IssuedToken, TransportFault
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
    def load(cls, data: bytes) -> _State:
        """The state in a file; an empty one for anything unreadable: a damaged file is replaced at the next write."""
        try:
            raw: dict[str, Any] = json.loads(data)
            if not (isinstance(raw["token"], str) and isinstance(raw["accepted"], bool)):
                return cls()
            state = cls(
                raw["token"], float(raw["issued"]), float(raw["expires"]), raw["accepted"], int(raw["strikes"]),
                tuple(float(at) for at in raw["requests"]), float(raw["rest_from"]), float(raw["rest_until"]),
                str(raw["rest_key"]), str(raw["rest_code"]), str(raw["rest_msg"]),
            )  # fmt: skip
        except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
            return cls()
        return state if raw.get("version") == 1 and state._sane() else cls()

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


class Tokens:
    """The shared token of one gateway and key. Thread- and process-safe; `issue` asks the gateway for a new one."""

    def __init__(self, folder: Path, scope: str, issue: Callable[[], IssuedToken], clock: Clock) -> None:
        self._homes = [folder, _spare_folder(scope)]
        self._name = f"token-{scope}"
        self._issue = issue
        self._clock = clock
        self._mutex = threading.Lock()
        self._seen = _State()
        self.warning: Problem | None = None

    def current(self) -> Secret:
        """A token that should work, issued if there is none. Raises `TokenError`, `CredentialError`, `NetworkError`."""
        if self._seen.valid(self._clock.epoch()):
            return Secret(self._seen.token)
        with self._locked() as (path, state):
            if state.valid(self._clock.epoch()):
                return Secret(state.token)
            return self._new(path, state)

    def replace(self, rejected: Secret) -> Secret:
        """Another token than the rejected one: what somebody else issued meanwhile, else a new one, else an error."""
        with self._locked() as (path, state):
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
        with suppress(KisError), self._locked() as (path, state):  # figures that came are not given up for a note
            if state.token == token.reveal() and not state.accepted:
                self._save(path, replace(state, accepted=True, strikes=0))

    def forget(self) -> bool:
        """Remove the token from this machine, not while somebody issues one; whether there was one."""
        import filelock

        removed = False
        with self._mutex:
            self._seen = _State()
            for home in filter(Path.is_dir, self._homes):
                lock = filelock.FileLock(home / f"{self._name}.lock", timeout=LOCK_SECONDS)
                with suppress(OSError, filelock.Timeout):
                    lock.acquire()
                for path in (home / f"{self._name}.json", home / f"{self._name}.lock"):
                    with suppress(OSError):
                        removed |= remove_file(path) and path.suffix == ".json"
                lock.release(force=True)
        return removed

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
                self._save(path, state)
                raise fault.error from fault
            raise _wait("token_wait", "", "", armed.rest_until) from fault
        except KisError as refused:
            problem = refused.problem
            key, msg = problem.key if problem.code else "token_wait", problem.facts.get("msg", "")
            self._save(path, replace(armed, rest_key=key, rest_code=problem.code, rest_msg=msg))
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
        with suppress(OSError):  # it is here; on a disk that is full by now it lives in this process alone
            self._save(path, got)
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

    @contextmanager
    def _locked(self) -> Iterator[tuple[Path, _State]]:
        """The lock of the machine, and what the file holds now."""
        import filelock

        with self._mutex:
            for home in self._homes:
                lock = filelock.FileLock(home / f"{self._name}.lock", timeout=LOCK_SECONDS)
                path = home / f"{self._name}.json"
                try:
                    private_folder(home)
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
                    self._seen = _State.load(path.read_bytes())
                    yield path, self._seen
                except OSError as trouble:
                    raise failure("state_folder") from trouble
                else:
                    return
                finally:
                    lock.release()
            raise failure("state_folder")


class BroughtToken:
    """A token the user brings (corporations): used as it is, never issued, never replaced."""

    warning: Problem | None = None

    def __init__(self, token: Secret) -> None:
        self._token = token

    def current(self) -> Secret:
        """The token of the setting."""
        return self._token

    def replace(self, rejected: Secret) -> Secret:
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
