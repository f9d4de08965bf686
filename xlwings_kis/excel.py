"""The one small door to what only Excel on Windows has."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

from xlwings_kis.table import Cell, Missing

_XL_ERR_NA = -2146826246
"""Excel's CVErr(xlErrNA) as a COM error code."""

_LONGEST_TEXT = 255
"""One longer text in an array turns the whole array into #VALUE! (xlwings issue 456)."""


def cells(rows: list[tuple[Cell, ...]]) -> list[list[Any]]:
    """Rows as Excel takes them: figures as floats (COM has no 64-bit integer), a missing figure as an empty text."""
    na = not_available()
    return [[_value(cell, na) for cell in row] for row in rows]


def not_available() -> Any:
    """#N/A: a true error over COM; the text that other hosts turn into one, also for plain Python."""
    return _com_error(_XL_ERR_NA) if _called_over_com() else Missing.NOT_AVAILABLE.value


def _value(cell: Cell, na: Any) -> Any:
    if cell is Missing.NOT_AVAILABLE:
        return na
    if cell is Missing.NOT_SENT:
        return ""
    if isinstance(cell, int):
        return float(cell)
    return cell if len(cell) <= _LONGEST_TEXT else cell[: _LONGEST_TEXT - 1] + "…"


def _called_over_com() -> bool:
    """Whether Excel's COM server runs this process: its loop turns, or xlwings has been given the workbook that calls.

    The workbook alone says too little: where the window in front shows a protected view, no workbook is active.
    """
    windows, server = sys.modules.get("xlwings._xlwindows"), sys.modules.get("xlwings.com_server")
    called = getattr(windows, "BOOK_CALLER", None) is not None or (server is not None and server.loop.is_running())
    return sys.platform == "win32" and called


@cache
def _com_error(code: int) -> Any:
    """An error value. pywin32 passes its kind and drops its code (oleargs.cpp): KisErrors.bas puts #N/A there."""
    import pythoncom
    from win32com.client import VARIANT

    return VARIANT(pythoncom.VT_ERROR, code)
