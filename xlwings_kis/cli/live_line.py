"""One line at the foot of a terminal that changes in place, without escape codes: old Windows consoles show those as they are."""

from __future__ import annotations

import shutil
from typing import TextIO

_RARELY = 80


class LiveLine:
    """Lines that stay scroll up above it. Where the stream is no terminal there is no such line."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._terminal = stream is not None and stream.isatty()
        self._shown = ""

    def show(self, text: str) -> None:
        """Let the line read so, cut to the width of the window."""
        if self._terminal and text != self._shown:
            text = _cut(text, shutil.get_terminal_size((_RARELY, 24)).columns - 1)
            self._write(f"\r{text}{self._blanks(text)}")
            self._shown = text

    def say(self, text: str) -> None:
        """A line that stays."""
        self._write(f"\r{text}{self._blanks(text)}\n" if self._shown else f"{text}\n")
        self._shown = ""

    def close(self) -> None:
        """Take the line away."""
        if self._shown:
            self._write(f"\r{self._blanks('')}\r")
            self._shown = ""

    def _blanks(self, text: str) -> str:
        """What covers the rest of the line before."""
        return " " * max(0, _width(self._shown) - _width(text)) if self._shown else ""

    def _write(self, text: str) -> None:
        if self._stream:
            self._stream.write(text)
            self._stream.flush()


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def _cut(text: str, columns: int) -> str:
    if _width(text) <= columns:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(1, columns)).rstrip()
