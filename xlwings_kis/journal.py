"""The log of the state folder: one line a run, so that whoever comes back can see what happened at 15:45."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime
from pathlib import Path

from xlwings_kis.files import private_folder

FILE = "xlwings-kis.log"
LARGEST = 256 * 1024
"""Bytes; then the log begins anew and the old one is kept as `.1`."""


def note(home: Path, when: datetime, line: str) -> None:
    """Add a line. A log that cannot be written costs nobody anything. Lines hold no secret and no path, only file names."""
    path = home / FILE
    with contextlib.suppress(OSError):
        private_folder(home)
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_name(f"{FILE}.1"))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        handle = os.open(path, flags, 0o600)
        with os.fdopen(handle, "ab") as file:  # one write: lines of two processes do not mix
            file.write(f"{when:%Y-%m-%d %H:%M:%S} {' '.join(line.split())}\n".encode())
