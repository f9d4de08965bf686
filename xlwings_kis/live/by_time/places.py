"""Where things stand on the sheet 시간대별: heads once, above all blocks; a block a pair, one below the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from xlwings_kis.live.past import BANDS as SHOWN
from xlwings_kis.live.past import INVESTORS, SPANS, TOTAL_BANDS
from xlwings_kis.live.places import Rect

SHEET_NAMES = ("시간대별", "By time")
MARK = "KIS_시간대별"
"""The workbook's name for the heads: it finds a renamed sheet, and outlives one that the user has deleted."""

TITLE, SETTINGS, PEOPLE, BANDS, FIRST = 1, 2, 3, 4, 5
"""Rows: title and status, the setting, the heads' two rows, the first block."""

FIGURES = len(INVESTORS) * len(SHOWN)
WIDTH = 1 + FIGURES
TOTALS_COLUMN, TOTALS_COLUMNS = WIDTH + 2, 1 + len(SPANS) * len(TOTAL_BANDS)
TOTALS_ROWS = 3 + len(INVESTORS)
"""Right of a block's first rows: two rows of heads, the investors, how many days are stored; one row of small print follows."""

CHART, CHART_ROWS = TOTALS_ROWS + 2, 16
DATA_COLUMN, DATA_COLUMNS = 23, 2
"""Figures of the charts where the sister sheet has them: W, X."""

_LEAST = CHART + CHART_ROWS + 2
_MOST_BLOCKS, _MOST_STEPS = 6, 73
READ_ROWS = FIRST + _MOST_BLOCKS * (_MOST_STEPS + 2)
READ_COLUMNS = DATA_COLUMN + DATA_COLUMNS - 1


def written(blocks: Iterable[tuple[int, int]]) -> Iterator[Rect]:
    """What blocks take for themselves, each given by the row of its title and the number of its steps."""
    for row, steps in blocks:
        yield Rect(row, 1, height(steps), WIDTH)
        yield Rect(row, TOTALS_COLUMN, TOTALS_ROWS + 1, TOTALS_COLUMNS)
        yield Rect(row, DATA_COLUMN, 1 + steps, DATA_COLUMNS)


def height(steps: int) -> int:
    """Rows of a block: its title, its steps and a blank row, but room for its chart."""
    return max(steps + 2, _LEAST)


def starts(lengths: Sequence[int]) -> tuple[int, ...]:
    """The title rows of blocks with so many steps, and the row after the last."""
    rows = [FIRST]
    for steps in lengths:
        rows.append(rows[-1] + height(steps))
    return tuple(rows)
