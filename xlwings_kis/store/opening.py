"""Stores as a desk uses them: the machine's file, guarded; where machines share a server, that one before it.

Every store here is by-passed by the next one when it cannot be had in time: the server by the machine's file, the file by
memory. Nothing is opened before it is used.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from xlwings_kis import files, traces
from xlwings_kis.clock import Clock, to_kst
from xlwings_kis.settings import Settings
from xlwings_kis.store import guarded
from xlwings_kis.store.base import Store, StoreTrouble
from xlwings_kis.store.damage import Opened, healthy, set_aside
from xlwings_kis.store.guarded import SHARE_OF_RATE, GuardedStore
from xlwings_kis.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from xlwings_kis.store.shared.server import Server

PRIVATE = ":memory:"


def of_machine(settings: Settings, clock: Clock, rate: float) -> GuardedStore:
    """The file all processes of this machine share, and memory where it cannot be had."""
    private = SqliteStore(PRIVATE, settings.scope, clock, settings.rate / SHARE_OF_RATE)
    path = settings.store_path
    own_folder, opened = path.parent == settings.home, Opened(path)
    opener = partial(
        open_file, path, settings.scope, clock, rate,
        own_folder=own_folder, opened=opened, keep_days=settings.keep_days,
    )  # fmt: skip
    return GuardedStore(
        opener,
        private,
        clock,
        mend=partial(mend, path, clock),
        discard=partial(mend, path, clock, opened),
        current=opened.still_there,
        patience=guarded.PATIENCE,
    )


def of_desk(settings: Settings, server: Server, clock: Clock) -> GuardedStore:
    """What machines share, and this machine's own file, at a fraction of the rate, where it cannot be had."""
    from xlwings_kis.store.shared.store import RedisStore  # now: loading a module is no waiting for the server

    own = of_machine(settings, clock, settings.rate / SHARE_OF_RATE)

    def opener() -> Store:
        mark = machine_mark(settings.home)
        return RedisStore(server, settings.scope, settings.rate, mark, settings.keep_days)

    return GuardedStore(opener, own, clock, ahead=(server.connect, server.prepare), patience=guarded.PATIENCE)


def open_file(
    path: Path,
    scope: str,
    clock: Clock,
    rate: float,
    *,
    own_folder: bool = True,
    opened: Opened | None = None,
    keep_days: int = 0,
) -> Store:
    """The store in a file. Raises `StoreTrouble`."""
    try:
        prepare_folder(path, own_folder=own_folder)
        if opened:
            opened.note()
        store = SqliteStore(path, scope, clock, rate, keep_days)
    except OSError as trouble:
        raise StoreTrouble(type(trouble).__name__) from trouble
    return store


def prepare_folder(path: Path, *, own_folder: bool) -> None:
    """Make the folder of a store's file. Raises `StoreTrouble`."""
    try:
        if path.exists() and not path.is_file():
            raise StoreTrouble("a device or a folder")
        if own_folder:
            files.private_folder(path.parent)
        else:  # a folder of the user's choice keeps the modes the user gave it
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise StoreTrouble(type(trouble).__name__) from trouble


def mend(path: Path, clock: Clock, found_damaged: Opened | None = None) -> Path | None:
    """Set a damaged store aside, once for all processes: the file that was found so, else what SQLite calls broken."""
    import filelock

    try:
        with filelock.FileLock(path.with_name(path.name + ".mend"), timeout=0.2):
            if path.is_file() and (found_damaged.still_there() if found_damaged else not healthy(path)):
                return set_aside(path, to_kst(clock.epoch()))
    except (OSError, filelock.Timeout) as trouble:
        raise StoreTrouble(type(trouble).__name__) from trouble
    return None


def machine_mark(home: Path) -> str:
    """A mark of this machine that says nothing of it, made once. Where it cannot be kept it is of this process."""
    path, mark = home / traces.MACHINE, token_hex(8)
    try:
        files.private_folder(home)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(mark)
    except FileExistsError:
        try:
            kept = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeError):
            return mark
        return kept if kept.isalnum() and len(kept) == len(mark) else mark
    except OSError:
        pass
    return mark
