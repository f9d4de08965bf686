"""Putting the add-in where Excel opens it by itself, and taking it away again.

Each file is the old one or the new one at any moment. Nothing that Excel does not open lies in XLSTART even for a
moment, for Excel opens whatever it finds there: new files come through the folder above.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from xlwings_kis.addin import config, places, policy
from xlwings_kis.addin.machine import MAC, Machine
from xlwings_kis.addin.state import State
from xlwings_kis.errors import Problem, error, failure
from xlwings_kis.files import sweep

Build = Callable[[Path], Path]
"""Builds into a folder and names the add-in."""

_OWN_LEFTOVERS = ".xlwings_kis-*.tmp"
_BUILD = "xlwings-kis-build-"


class Outcome(Enum):
    """What was done to the add-in; the value is the key of its text."""

    NEW = "installed"
    RENEWED = "renewed"
    KEPT = "kept"


@dataclass(frozen=True)
class Installed:
    """Where the add-in is (as it may be shown), what was done to it, and how many of the running Excels opened it."""

    place: str
    outcome: Outcome
    opened: int
    running: int


@dataclass(frozen=True)
class Removed:
    """What was there and is gone, and what could not be removed."""

    addin: bool = False
    config: bool = False
    disabled: bool = False
    problem: Problem | None = None


def install(machine: Machine, build: Build) -> Installed:
    """Install the add-in for this user. Raises `SettingsError` or `FileError`, and then has changed nothing."""
    state = State(machine)
    program = _possible(state)
    data = _built(build)
    _sweep(machine, state)
    _put_config(state, config.with_interpreter(state.config_data or b"", program))
    outcome = Outcome.RENEWED if state.addin_there else Outcome.NEW
    if _bytes(state.addin) == data:
        outcome = Outcome.KEPT
    else:
        _replace(state, data)
    machine.unmark(state.addin)
    opened = machine.open(state.addin)
    return Installed(state.shown(state.folder), outcome, opened, len(state.excels))


def uninstall(machine: Machine) -> Removed:
    """Remove whatever `install` has put on this machine; what cannot be removed is told and the rest still goes."""
    state = State(machine)
    if not state.on_windows or not places.known(machine.environ):
        return Removed()
    machine.close(places.ADDIN_NAME)
    held: list[Path] = []
    folders = {state.folder, places.startup_folder(machine.environ)}
    addin = _remove(machine, (folder / places.ADDIN_NAME for folder in sorted(folders)), held)
    for folder in folders:
        _remove(machine, [folder / f"~${places.ADDIN_NAME}"], [])  # Excel's own note that it has the file open
    _sweep(machine, state)
    settings = _remove(machine, [state.config], held)
    with suppress(OSError):
        machine.remove_folder(state.config.parent)
    forgotten = [machine.forget(policy.DISABLED_ITEMS, name) for name in state.disabled]
    return Removed(addin, settings, any(forgotten), _held(held[0], "uninstall") if held else None)


def _possible(state: State) -> str:
    """The interpreter as the file of settings will name it; raises where an add-in could never work."""
    if not state.on_windows:
        raise failure("addin_on_mac" if state.machine.system == MAC else "addin_elsewhere", ask_user=True)
    if not places.known(state.machine.environ):
        raise failure("no_user_folder", ask_user=True)
    if state.dll_problem:
        raise failure(state.dll_problem, ask_user=True, dll=state.dll)
    machine, program = state.machine, state.program
    text = places.readable(program, machine.short_path(program), machine.environ, machine.code_page())
    if text is None or '"' in text:
        raise failure("unreadable_path", ask_user=True)
    return text


def _built(build: Build) -> bytes:
    try:
        with tempfile.TemporaryDirectory(prefix=_BUILD, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            sweep(folder.parent, f"{_BUILD}*", folder.stat().st_mtime)
            return build(folder).read_bytes()
    except FileNotFoundError:
        raise  # a part of the program is missing, which is no matter of folders
    except OSError as trouble:
        raise failure("addin_unwritable", ask_user=True, place="%TEMP%") from trouble


def _put_config(state: State, data: bytes) -> None:
    if state.config_data == data:
        return
    try:
        state.machine.put(state.config, data, by=state.config.parent)
    except OSError as trouble:
        raise failure("addin_unwritable", ask_user=True, place=state.shown(state.config)) from trouble


def _replace(state: State, data: bytes) -> None:
    """The new add-in in place of the old; after a failure everything is as it was."""
    machine = state.machine
    closed = machine.close(places.ADDIN_NAME)
    try:
        machine.put(state.addin, data, by=state.folder.parent)
    except OSError as trouble:
        with suppress(OSError):
            _put_back(state)
        if closed and state.addin_there:
            machine.open(state.addin)
        if isinstance(trouble, PermissionError) and state.addin_there:
            raise error(_held(state.addin, "install")) from trouble
        raise failure("addin_unwritable", ask_user=True, place=state.shown(state.addin)) from trouble


def _put_back(state: State) -> None:
    if state.config_data is not None:
        state.machine.put(state.config, state.config_data, by=state.config.parent)
    else:
        state.machine.remove(state.config)
        state.machine.remove_folder(state.config.parent)


def _remove(machine: Machine, paths: Iterable[Path], held: list[Path]) -> bool:
    """Whether something was removed; what could not be goes to `held`."""
    removed = False
    for path in paths:
        try:
            removed |= machine.remove(path)
        except OSError:
            held.append(path)
    return removed


def _sweep(machine: Machine, state: State) -> None:
    """Remove what a run that was killed has left behind."""
    for folder in (state.folder.parent, state.config.parent):
        with suppress(OSError):
            _remove(machine, list(folder.glob(_OWN_LEFTOVERS)), [])


def _held(path: Path, command: str) -> Problem:
    """Somebody has the file open: for the add-in that is Excel."""
    return Problem("addin_held", facts={"file": path.name, "command": command}, ask_user=True)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
