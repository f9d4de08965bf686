"""The door to the console window of Windows: it tells a process that it is about to be ended, on a thread of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

CLOSE, LOGOFF, SHUTDOWN = 2, 5, 6
"""CTRL_CLOSE_EVENT, CTRL_LOGOFF_EVENT, CTRL_SHUTDOWN_EVENT. 0 and 1, Ctrl+C and Ctrl+Break, are Python's signals."""


class WindowsConsole:
    """`kernel32` is Windows' own, `routine_type` makes a routine that it can call."""

    def __init__(self, kernel32: Any, routine_type: Callable[[Callable[[int], bool]], Any]) -> None:
        self._kernel32 = kernel32
        self._routine_type = routine_type
        self._routine: Any = None

    def on_close(self, close: Callable[[], None]) -> None:
        """Call `close` when the window closes, the user logs off or Windows shuts down; the process ends once it returns."""

        def routine(event: int) -> bool:
            if event not in (CLOSE, LOGOFF, SHUTDOWN):
                return False
            close()
            return True

        self._routine = self._routine_type(routine)  # kept: Windows holds its address only
        self._kernel32.SetConsoleCtrlHandler(self._routine, True)

    def forget(self) -> None:
        """Call nothing any more."""
        if self._routine is not None:
            self._kernel32.SetConsoleCtrlHandler(self._routine, False)
            self._routine = None


def console_of_this_process() -> WindowsConsole | None:
    """The console on Windows, None elsewhere."""
    if sys.platform == "win32":
        import ctypes
        from ctypes import wintypes

        return WindowsConsole(ctypes.windll.kernel32, ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD))
    return None
