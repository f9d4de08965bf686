"""One line at the foot of a terminal that changes in place, without escape codes: old Windows consoles show those as they are."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TextIO

_USUAL_COLUMNS = 80
_JOINT = " · "


class LiveLine:
    """Lines that stay scroll up above it. Where the stream is no terminal there is no such line."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._terminal = stream is not None and stream.isatty()
        self._shown = ""

    def show(self, parts: Sequence[str]) -> None:
        """Let the line read so: as many parts as the window has room for, and none of them cut short but the first."""
        if not self._terminal:
            return
        text = _fitting(parts, shutil.get_terminal_size((_USUAL_COLUMNS, 24)).columns - 1)
        if text != self._shown:
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


def _fitting(parts: Sequence[str], columns: int) -> str:
    text = parts[0]
    for part in parts[1:]:
        if _width(longer := f"{text}{_JOINT}{part}") > columns:
            break
        text = longer
    if _width(text) <= columns:
        return text
    from rich.cells import set_cell_size

    return set_cell_size(text, max(1, columns)).rstrip()
