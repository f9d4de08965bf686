"""The one small door to what only Excel on Windows has."""

from __future__ import annotations

import sys
from datetime import datetime
from functools import cache
from typing import Any, Literal

from xlwings_kis.table import Cell, Missing

_XL_ERR_NA = -2146826246
"""Excel's CVErr(xlErrNA) as a COM error code."""

_LONGEST_TEXT = 255
"""One longer text in an array turns the whole array into #VALUE! (xlwings issue 456)."""


_POINTS_A_LETTER, _POINTS_BESIDE = 5.25, 3.75
"""A column of the Office.js engine is measured in points: a digit of the standard font, and the margins."""

_SAME_AS_POSITIVE = 1
"""XlDataBarNegativeColorType.xlDataBarSameAsPositive."""

_MARKER = 3
"""Points of a marker in a line."""

_XL_CATEGORY, _XL_LOW = 1, -4134

_BREAKS_AT_NA = 10_000
"""Builds from which "Show #N/A as empty cell" is there, and set: Excel 2019 is 10325 and up, 2016 is 4266 to 5xxx."""

_BUSY = (-2147418111, -2147417846, -2146777998, -2146827284)
"""RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER, VBA_E_IGNORE, and the 1004 of a cell being edited."""


def over_com(thing: Any) -> bool:
    """Whether a book, sheet, chart or condition of xlwings is Excel's own over COM; Office.js has plain data instead."""
    return sys.platform != "darwin" and not isinstance(thing.api, dict)


def obstacle(book: Any, sheet: Any | None, area: str) -> str:
    """Why a book or the area of its sheet must not be written to, as a key of `live.texts`; blank where nothing speaks against.

    Only Excel on Windows tells. Nothing is unprotected, unhidden or unfiltered here.
    """
    if not over_com(book):
        return ""
    native = book.api
    if getattr(native, "Windows", None) is not None and native.Windows.Count == 0:
        return "window"
    if getattr(native, "MultiUserEditing", False) is True:
        return "shared"
    if sheet is None:
        return "structure" if getattr(native, "ProtectStructure", False) is True else ""
    own = sheet.api
    if getattr(own, "ProtectContents", False) is True:
        return "protected"
    if getattr(own, "FilterMode", False) is True:
        return "filtered"
    place = own.Range(area)
    hidden = (place.EntireRow.Hidden, place.EntireColumn.Hidden)
    return "" if all(one is False for one in hidden) else "hidden"


def freeze(sheet: Any, rows: int, columns: int, address: str) -> None:
    """Freeze the rows above and the columns left. Over COM that belongs to the window, which xlwings does not reach."""
    if not over_com(sheet):
        sheet.freeze_panes.freeze_at(address)
        return
    sheet.activate()
    window = sheet.book.api.Windows(1)
    window.FreezePanes = False
    window.ScrollRow = window.ScrollColumn = 1
    window.SplitRow, window.SplitColumn = rows, columns
    window.FreezePanes = True


def column_width(sheet: Any, letters: float) -> float:
    """A width in letters as the engine takes it: letters over COM, points on Office.js."""
    return letters if over_com(sheet) else letters * _POINTS_A_LETTER + _POINTS_BESIDE


def begins(sheet: Any, address: str, edge: Literal["left", "top"], guess: float) -> float:
    """Where a cell begins, in points from the left or from the top; a guess where the engine cannot tell."""
    try:
        return float(getattr(sheet.range(address), edge))
    except NotImplementedError:
        return guess


def quiet_bars(bars: Any, axis: tuple[int, int, int]) -> None:
    """Bars of negative figures in the colour of the others, and a quiet axis: Excel's red means buying in Korea."""
    native = bars.impl.api  # xlwings offers it there alone
    if not isinstance(native, dict):
        native.NegativeBarFormat.ColorType = _SAME_AS_POSITIVE
        red, green, blue = axis
        native.AxisColor.Color = red + (green << 8) + (blue << 16)


def gap(book: Any) -> str:
    """What makes a line of a chart break: #N/A. Excel 2016 and older would draw on over it; there only nothing does."""
    old = over_com(book) and int(book.app.api.Build) < _BREAKS_AT_NA
    return Missing.NOT_SENT.value if old else Missing.NOT_AVAILABLE.value


def labels_low(chart: Any) -> None:
    """Names of categories beside the chart, where no bar of a negative figure covers them."""
    if over_com(chart):
        chart.api[1].Axes(_XL_CATEGORY).TickLabelPosition = _XL_LOW


def small_markers(chart: Any) -> None:
    """Markers that do not hide their line; Office.js does not let series be reached in a macro."""
    if over_com(chart):
        chart.series[0].marker_size = _MARKER


def busy(error: Exception) -> bool:
    """Whether Excel refused because it was busy: a cell being edited, a dialog open."""
    return type(error).__name__ == "com_error" and getattr(error, "hresult", None) in _BUSY


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
