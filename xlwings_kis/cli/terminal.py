"""Streams that never fail for a letter, and tables in a terminal."""

from __future__ import annotations

import codecs
import getpass
import os
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from xlwings_kis.block import Block, Line, Role
from xlwings_kis.cli.texts import text
from xlwings_kis.fields import Side

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_PLAIN = {"✓": "v", "—": "-", "–": "-", "−": "-", "•": "*"}
"""Letters that a Korean Windows console (cp949) lacks."""

_FILE_WIDTH = 200
"""Columns where the output is no terminal: nothing is cut."""


def prepare() -> None:
    """Let stdout and stderr replace what their code page lacks. A process without a console (pythonw) has none."""
    codecs.register_error("xlwings-kis", _replace)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="xlwings-kis")


def give_up_stdout() -> None:
    """Nothing more can be written: the interpreter must not try again when it ends."""
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it lives as long as the process


@contextmanager
def patience(line: str) -> Iterator[None]:
    """A line for whoever waits longer than two seconds, on a terminal only."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield
        return
    timer = threading.Timer(2.0, say, (line,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def say(line: str, stream: TextIO | None = None) -> None:
    """A line, by default on stderr: stdout is for results."""
    stream = stream or sys.stderr
    if stream:
        stream.write(line + "\n")
        stream.flush()


def ask(question: str, lang: str) -> str:
    """An answer without echo. Where nothing can hide it that is said before anybody pastes. Raises `EOFError` at the end."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(question)
    except getpass.GetPassWarning:
        if sys.stdin is None:  # a process without a console
            raise EOFError from None
    say(text("not_hidden", lang))
    say(question)
    answer = sys.stdin.readline()
    if not answer:
        raise EOFError
    return answer.rstrip("\n")


def show(block: Block, stream: TextIO, lang: str = "ko") -> None:
    """A block as a table in the terminal; plain where the stream is none."""
    from rich.console import Console

    console = Console(file=stream, highlight=False, markup=False, width=None if stream.isatty() else _FILE_WIDTH)
    table = _table(block, [at for at, _ in enumerate(block.columns)])
    unbounded = console.options.update(max_width=_FILE_WIDTH)
    narrow = console.measure(table, options=unbounded).maximum > console.width
    if narrow:  # never a figure cut short: 순매수 alone
        table = _table(block, [at for at, field in enumerate(block.columns) if field.side is Side.NET])
    console.print(f"{block.title}  {block.status}  {block.unit}")
    console.print(table)
    console.print(block.note, style="dim")
    if narrow:
        say(text("narrow", lang))


def _table(block: Block, shown: list[int]) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(block.heading, no_wrap=True)
    size = len(block.columns) // len(block.bands)
    for at in shown:
        first = at == shown[0] or at // size != shown[shown.index(at) - 1] // size
        band = block.bands[at // size] if first else ""
        table.add_column(f"{band}\n{block.sides[at]}", justify="right", no_wrap=True)
    for line in block.lines:
        table.add_row(*_cells(line, block, shown), style="bold" if line.role is Role.TOTAL else None)
    return table


def _cells(line: Line, block: Block, shown: list[int]) -> list[Text]:
    from rich.text import Text

    label = ("  " if line.role is Role.PART else "") + line.label
    cells: list[Text] = [Text(label)]
    for at in shown:
        figure, net = line.figures[at], block.columns[at].side is Side.NET
        if figure is None:
            cells.append(Text(""))
        else:
            colour = "" if not net or not figure else "red" if figure > 0 else "blue"
            cells.append(Text(f"{figure:+,}" if net and figure else f"{figure:,}", style=colour))
    return cells


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end
