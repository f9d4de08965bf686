"""The token of one machine: a private file that all its processes read, and a lock beside it."""

from __future__ import annotations

import getpass
import hashlib
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from xlwings_kis.clock import Clock
from xlwings_kis.errors import Problem, failure
from xlwings_kis.files import private_folder, remove_file, replace_file
from xlwings_kis.protocol import TOKEN_SECONDS
from xlwings_kis.tokens.state import COOL_DOWN, State, waiting

LOCK_SECONDS = 14.0

SHORTEST_LOCK = 0.1
"""Seconds the lock is waited for where next to nothing is left: what another process has issued is worth that."""


class _Unsaved(NamedTuple):
    """What only this process knows, for it could not be written: `state`, for as long as the file holds `on_file`."""

    path: Path
    on_file: State
    state: State


class _Held(NamedTuple):
    """See `issuing.Held`."""

    place: PrivateFile
    path: Path

    @property
    def state(self) -> State:
        return self.place.seen

    def save(self, state: State) -> None:
        self.place.save(self.path, state)

    def keep(self, state: State) -> None:
        self.place.keep(self.path, state)


class PrivateFile:
    """See `issuing.Place`. Where the state folder cannot be written, a private folder beside the temporary files."""

    def __init__(self, folder: Path, scope: str, clock: Clock) -> None:
        self._homes = [folder, _spare_folder(scope)]
        self._name = f"token-{scope}"
        self._clock = clock
        self._mutex = threading.Lock()
        self._seen = State()
        self._on_file = State()
        self._unsaved: _Unsaved | None = None
        self.warning: Problem | None = None

    @property
    def seen(self) -> State:
        """What was known last."""
        return self._seen

    def known(self) -> State:
        """What this process knows of the file."""
        return self._seen

    def read(self) -> State:
        """What the file says now, without its lock and without changing anything."""
        for home in self._homes:
            with suppress(OSError):
                return State.load((home / f"{self._name}.json").read_bytes()) or State()
        return State()

    def forget(self) -> bool:
        """See `issuing.Place.forget`."""
        with self._mutex:
            self._seen, self._unsaved = State(), None
            removed = [_forget(home, self._name) for home in self._homes]
        return any(removed)

    def save(self, path: Path, state: State) -> None:
        """Write it. Raises `OSError`."""
        self._seen = state
        replace_file(path, state.dump(), private=True)
        self._on_file, self._unsaved = state, None

    def keep(self, path: Path, state: State) -> None:
        """Save what is known for good; on a disk that is full by now it lives in this process, until it can be saved."""
        try:
            self.save(path, state)
        except OSError:
            self._unsaved = _Unsaved(path, self._on_file, state)

    def _load(self, path: Path) -> State:
        """What the file holds, or what this process knows beyond it."""
        self._on_file = State.load(path.read_bytes()) or self._damaged(path)
        unsaved = self._unsaved
        if unsaved is None:
            return self._on_file
        # In another folder than before, the one that knows of the later request is right.
        latest, ours = (max(state.requests, default=0.0) for state in (self._on_file, unsaved.state))
        if self._on_file != unsaved.on_file if path == unsaved.path else latest > ours:
            self._unsaved = None
            return self._on_file
        self.keep(path, unsaved.state)
        return unsaved.state

    def _left_behind(self, state: State) -> State:
        """A token in a state folder that can only be read is as good as any: it is used up before another is issued."""
        try:
            there = State.load((self._homes[0] / f"{self._name}.json").read_bytes())
        except OSError:
            return state
        if there is None or there.issued <= state.issued or not there.valid(self._clock.epoch()):
            return state
        return replace(state, token=there.token, issued=there.issued, expires=there.expires, accepted=there.accepted)

    def _damaged(self, path: Path) -> State:
        """An empty state, but for the request that wrote the file, as far as anybody can tell: the limit outlives it."""
        written = path.stat().st_mtime
        return State(requests=(written,) if 0 <= self._clock.epoch() - written < COOL_DOWN else ())

    @contextmanager
    def locked(self, seconds: float) -> Iterator[_Held]:
        """The lock of the machine, and what the file holds now. See `issuing.Place`."""
        import filelock

        patience = min(LOCK_SECONDS, max(SHORTEST_LOCK, seconds - TOKEN_SECONDS))
        end = self._clock.monotonic() + patience
        if not self._mutex.acquire(timeout=patience):
            raise waiting("token_wait", "", "", self._clock.epoch() + COOL_DOWN)
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
                        replace_file(path, State().dump(), private=True)
                except filelock.Timeout:
                    raise waiting("token_wait", "", "", self._clock.epoch() + COOL_DOWN) from None
                except OSError:
                    lock.release(force=True)
                    continue
                try:
                    self.warning = None if home == self._homes[0] else Problem("state_folder")
                    self._seen = self._load(path) if home == self._homes[0] else self._left_behind(self._load(path))
                    yield _Held(self, path)
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
            state = State.load((home / f"token-{scope}.json").read_bytes())
        except OSError:
            continue
        if state is None:
            return Kept(readable=False)
        resting = now < state.rest_until
        rest = waiting(state.rest_key, state.rest_code, state.rest_msg, state.rest_until).problem if resting else None
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


def _spare_folder(scope: str) -> Path:
    """Where the lock lives when the state folder cannot be written: the lock is never done without."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no user name in the environment or the password file
        user = ""
    mark = hashlib.blake2b(f"{user}{scope}".encode(), digest_size=6).hexdigest()
    return Path(tempfile.gettempdir()) / f"xlwings-kis-{mark}"
