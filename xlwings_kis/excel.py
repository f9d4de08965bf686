"""The one small door to what only Excel on Windows has."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import cache
from typing import Any

from xlwings_kis.table import Cell, Missing

_XL_ERR_NA = -2146826246
"""Excel's CVErr(xlErrNA) as a COM error code."""


def cells(rows: list[tuple[Cell, ...]]) -> list[list[Any]]:
    """Rows as Excel takes them: figures as floats (COM has no 64-bit integer), a missing figure as an empty text."""
    na = not_available()
    return [[_value(cell, na) for cell in row] for row in rows]


def date_time(moment: datetime) -> datetime:
    """A moment as Excel's date-time: Korean, to the second, for Excel knows no time zones."""
    return moment.replace(tzinfo=None, microsecond=0)


def not_available() -> Any:
    """#N/A: a true error over COM; the text that other hosts turn into one, also for plain Python."""
    return _com_error(_XL_ERR_NA) if _called_over_com() else Missing.NOT_AVAILABLE.value


def _value(cell: Cell, na: Any) -> Any:
    if cell is Missing.NOT_AVAILABLE:
        return na
    if cell is Missing.NOT_SENT:
        return ""
    if isinstance(cell, datetime):
        return date_time(cell)
    return float(cell) if isinstance(cell, int) else cell


def _called_over_com() -> bool:
    """Whether Excel's COM server runs this process: xlwings has then been given the workbook that calls."""
    windows = sys.modules.get("xlwings._xlwindows")
    return sys.platform == "win32" and getattr(windows, "BOOK_CALLER", None) is not None


@cache
def _com_error(code: int) -> Any:
    import pythoncom
    from win32com.client import VARIANT

    return VARIANT(pythoncom.VT_ERROR, code)
