"""What the add-in opens beside Excel: a console with a command of ours, a folder. The door to Windows' desktop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from xlwings_kis.errors import failure

_NEW_CONSOLE = 0x00000010
"""CREATE_NEW_CONSOLE: Excel's Python has none that could be shown."""


def open_console(*arguments: str) -> None:
    """Run a command of ours in a window that stays open. Raises the typed error of `no_windows` elsewhere."""
    _only_windows()
    command = ["cmd.exe", "/k", str(_console_python()), "-m", "xlwings_kis", *arguments]
    subprocess.Popen(command, creationflags=_NEW_CONSOLE, close_fds=True)  # noqa: S603 - our own interpreter and words


def open_folder(folder: Path) -> None:
    """Show a folder. Raises the typed error of `no_windows` elsewhere."""
    _only_windows()
    os.startfile(folder)  # type: ignore[attr-defined,unused-ignore] # noqa: S606 - a folder of ours; Windows alone has it


def _console_python() -> Path:
    """The interpreter that has a console: Excel runs its windowless twin."""
    running = Path(sys.executable)
    twin = running.with_name("python.exe")
    return twin if twin.exists() else running


def _only_windows() -> None:
    if sys.platform != "win32":
        raise failure("no_windows")
