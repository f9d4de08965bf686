"""Where things stand on the sheet. Macros of the add-in and users' own formulas rely on these places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SHEET_NAMES = ("프로그램매매", "Program trading")

TITLE, SETTINGS, SUMMARY, PAIRS, FIRST, STEP = 1, 2, 3, 4, 5, 18
"""Rows: title and status, settings, the sentence, the pairs and the user's own cells, the first block, and the next."""

BANDS, SIDES, LINES, TOTAL, OTHER, NOTE = 1, 2, 3, 14, 15, 16
"""Rows of a block below its title. Only one row is free for others; more stand below the last block."""

MOST_BLOCKS, MOST_EXTRAS = 6, 24
DATA_COLUMN, DATA_COLUMNS, DATA_STEP = 23, 3, 6
"""Figures of the charts, right of the widest table: W, X, Y."""

READ_ROWS, READ_COLUMNS = FIRST + STEP * MOST_BLOCKS + MOST_EXTRAS, DATA_COLUMN + DATA_COLUMNS - 1


class Rect(NamedTuple):
    """A rectangle of cells, counted from 1."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1

    @property
    def address(self) -> str:
        """`A5:L21`."""
        first = f"{letters(self.column)}{self.row}"
        if self.rows == self.columns == 1:
            return first
        return f"{first}:{letters(self.column + self.columns - 1)}{self.row + self.rows - 1}"

    @property
    def absolute(self) -> str:
        """`$A$5:$L$21`."""
        corners = [(self.row, self.column), (self.row + self.rows - 1, self.column + self.columns - 1)]
        return ":".join(f"${letters(column)}${row}" for row, column in dict.fromkeys(corners))


def cells(rects: Iterable[Rect]) -> set[tuple[int, int]]:
    """Every cell of some rectangles as row and column."""
    return {
        (row, column)
        for rect in rects
        for row in range(rect.row, rect.row + rect.rows)
        for column in range(rect.column, rect.column + rect.columns)
    }


def letters(column: int) -> str:
    """`27` is `AA`."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def block_row(slot: int) -> int:
    """The title row of a block."""
    return FIRST + STEP * slot


def data_row(slot: int) -> int:
    """The heading of a chart's figures."""
    return FIRST + DATA_STEP * slot


def written(blocks: int, width: int) -> tuple[Rect, ...]:
    """What so many tables of a width take for themselves: status, blocks, the figures of their charts."""
    return (
        Rect(TITLE, width),
        Rect(FIRST, 1, STEP * blocks, width),
        Rect(FIRST, DATA_COLUMN, DATA_STEP * blocks, DATA_COLUMNS),
    )


def chart_column(width: int) -> int:
    """Where the charts begin beside tables of this width: N, or right of their figures where the tables reach that far."""
    return width + 2 if width + 2 < DATA_COLUMN - 6 else DATA_COLUMN + DATA_COLUMNS + 1
