"""How a command that runs for hours is told to end, and how it ends when it likes: between two steps, never within one.

Ctrl+C interrupts (exit status 130); a system that shuts down, a service manager and a closed window ask for an ordinary
end (0). A second Ctrl+C is Python's own.
"""

from __future__ import annotations

import signal
import threading
from enum import Enum, auto
from types import FrameType
from typing import Any, Protocol

from xlwings_kis.cli.console import console_of_this_process

LAST_WORDS_SECONDS = 4.0
"""Windows ends a process five seconds after its window was closed, or as soon as its handler has returned."""


class Why(Enum):
    """What asked for the end."""

    INTERRUPTED = auto()
    TOLD = auto()


class Console(Protocol):
    """The window of a process, on Windows; a double in tests."""

    def on_close(self, close: Any) -> None:
        """Call this (on a thread of the system's) when the window closes or the user leaves; the process ends with it."""

    def forget(self) -> None:
        """Call nothing any more."""


_ASKING = {"SIGINT": Why.INTERRUPTED, "SIGBREAK": Why.INTERRUPTED, "SIGTERM": Why.TOLD, "SIGHUP": Why.TOLD}


class Ending:
    """Within it, `going_on` tells whether nobody has asked for the end yet, and `why` who did."""

    def __init__(self, console: Console | None = None) -> None:
        self.why: Why | None = None
        self._console = console or console_of_this_process()
        self._before: dict[int, Any] = {}
        self._over = threading.Event()

    def going_on(self) -> bool:
        """Whether to go on."""
        return self.why is None

    def __enter__(self) -> Ending:
        if threading.current_thread() is threading.main_thread():  # Python hands signals to no other
            for name in _ASKING:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # nohup means it
                    self._before[number] = signal.signal(number, self._asked)
        if self._console:
            self._console.on_close(self._closing)
        return self

    def __exit__(self, *_: object) -> None:
        self._restore()
        if self._console:
            self._console.forget()
        self._over.set()

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        self.why = self.why or _ASKING[signal.Signals(number).name]
        self._restore()

    def _closing(self) -> None:
        self.why = self.why or Why.TOLD
        self._over.wait(LAST_WORDS_SECONDS)

    def _restore(self) -> None:
        for number, handler in self._before.items():
            if signal.getsignal(number) == self._asked:  # whoever listens since (a web server) goes on listening
                signal.signal(number, handler)
        self._before.clear()
