"""The one feed of this process.

Excel reloads the module with the formulas at will; what must outlive that lives here.
"""

from __future__ import annotations

import os
import threading
from typing import NamedTuple

from xlwings_kis import workers
from xlwings_kis.clock import Clock, SystemClock
from xlwings_kis.feed import Feed
from xlwings_kis.patience import Patience

_DEADLINE = 3.0
_WATCHED = (
    "KIS_BASE_URL",
    "KIS_APP_KEY",
    "XLWINGS_KIS_DEMO",
    "XLWINGS_KIS_HOME",
    "XLWINGS_KIS_STORE",
    "XLWINGS_KIS_LANG",
)
"""What changes whose data is shown, and how: looked at on every call, for nothing of another key may be served."""

_KEYS = [getattr(os.environ, "encodekey", str)(name) for name in _WATCHED]
"""Their names as the environment keeps them: bytes on POSIX, capitals on Windows."""

_Environment = tuple[object, ...]


class _Held(NamedTuple):
    feed: Feed
    environment: _Environment


clock: Clock = SystemClock()
"""The clock of this process."""

patience: type[Patience] = Patience
"""How the formulas of this process wait: as those of one Excel, until a server says that many people call them."""

_mutex = threading.Lock()
_held: list[_Held] = []
_flags: dict[str, object] = {}


def feed() -> Feed:
    """The feed of this process; it forgets what it knew when the environment names another gateway, key or language."""
    environment = _environment()
    for held in _held:
        if held.environment == environment:
            return held.feed
    with _mutex:
        if _held and _held[0].environment != environment:
            workers.start("xlwings-kis close", _held.pop().feed.close)  # closing may take a while; Excel does not wait
        if not _held:
            lang = "en" if os.environ.get("XLWINGS_KIS_LANG") == "en" else "ko"
            made = Feed(_open, clock, deadline=_first_deadline(), stamp=_stamp, lang=lang, patience=patience)
            _held.append(_Held(made, environment))
        return _held[0].feed


def _environment() -> _Environment:
    """The watched variables as the environment keeps them, for comparing only.

    Six look-ups by `os.environ.get`, each of which encodes and decodes, were two thirds of a warm formula.
    """
    kept = getattr(os.environ, "_data", None)
    return tuple(map(kept.get, _KEYS)) if isinstance(kept, dict) else tuple(map(os.environ.get, _WATCHED))


def use_flags(flags: dict[str, object]) -> None:
    """Settings given on a command line; they hold for this process."""
    _flags.update(flags)


def close() -> None:
    """Let go of connections and files: tests, and commands at their end."""
    with _mutex:
        held, _held[:] = _held[:], []
        _flags.clear()
    for one in held:
        one.feed.close()


def _open():  # type: ignore[no-untyped-def] # its type is a module that Excel should not wait for
    from xlwings_kis import desk, settings

    return desk.open_desk(settings.load(_flags), clock)


def _stamp() -> object:
    from xlwings_kis import settings

    return settings.stamp()


def _first_deadline() -> float:
    """Until a worker has read the settings, the environment's word or the default."""
    try:
        return min(max(float(os.environ.get("XLWINGS_KIS_DEADLINE") or _DEADLINE), 0.05), 60.0)
    except ValueError:
        return _DEADLINE
