"""The mail as plain text: for readers that show no HTML, and for those that read aloud. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from xlwings_kis import press
from xlwings_kis.block import Role
from xlwings_kis.mail import template
from xlwings_kis.mail.grid import Grid
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.template import PIECES, Texts

_GAP = 2


def render(letter: Letter, texts: Texts) -> str:
    """The whole body."""
    values = {name: piece.text(letter) for name, piece in PIECES.items()} | {
        "remarks": "\n".join(f"* {remark}" for remark in letter.remarks),
        "sentences": "\n".join(str(sentence) for sentence in letter.sentences),
        "table": "\n\n".join(table(grid) for grid in letter.grids),
        "fetched": letter.fetched,
        "source": letter.source,
    }
    return "\n\n".join("\n".join(lines) for lines in template.body(texts, values)) + "\n"


def table(grid: Grid) -> str:
    """The table in columns that stand straight where Korean letters are twice as wide."""
    rows: list[tuple[str, ...]] = [(grid.heading, *grid.columns)]
    rows += [
        ("  " * (line.role is Role.PART) + line.label, *(press.signed(figure) for figure in line.figures))
        for line in grid.lines
    ]
    widths = [max(_width(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join((f"{grid.title} {grid.unit}", *(_row(row, widths) for row in rows)))


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0] + " " * (widths[0] - _width(cells[0]))
    return first + "".join(
        " " * (_GAP + width - _width(cell)) + cell for cell, width in zip(cells[1:], widths[1:], strict=True)
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
