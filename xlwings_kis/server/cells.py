"""Cells as Excel's add-ins send and take them, in place of xlwings' converters.

Those fail for an empty list, for a data type they do not know and for a client that does not say its version, and they look
at each of a table's cells with pandas.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from xlwings import XlwingsError
from xlwings.conversion import Accessor, Pipeline

from xlwings_kis.serials import serial
from xlwings_kis.table import Missing

TRUE_ERRORS = 1.4
"""The client's version (CustomFunctionsRuntime) from which it takes errors and dates for what they are."""

_RAISED_ERRORS = 1.2
"""The version from which what is raised becomes an error of the cell; there is no other way to one before `TRUE_ERRORS`."""

_ERROR = {"type": "Error", "errorType": "NotAvailable"}


handed_over: Callable[[list[list[Any]]], Any] = list
"""How rows are given to xlwings Server; `spare` knows a shorter way."""


class AsSent(Accessor):
    """A converter of arguments: cells of any kind, blanks as None, errors as their text, one cell by itself."""

    @classmethod
    def reader(cls, options: dict[str, Any]) -> Pipeline:
        """See `xlwings.conversion`."""

        def read(context: Any) -> None:
            context.value = argument(context.value)

        return Pipeline([read])


class AsShown(Accessor):
    """A converter of results. The option `moments` is how a date-time is to look."""

    @classmethod
    def writer(cls, options: dict[str, Any]) -> Pipeline:
        """See `xlwings.conversion`."""

        def write(context: Any) -> None:
            context.value = handed_over(result(context.value, options.get("runtime"), options.get("moments")))

        return Pipeline([write])


def argument(value: Any) -> Any:
    """A cell, a list (one row or column) or rows."""
    if not isinstance(value, list):
        return _cell(value)
    rows = [[_cell(each) for each in row] if isinstance(row, list) else [_cell(row)] for row in value]
    if not any(rows):
        return None
    if all(len(row) == 1 for row in rows):
        rows = [[row[0] for row in rows]]
    if len(rows) == 1:
        return rows[0][0] if len(rows[0]) == 1 else rows[0]
    return rows


def result(value: Any, runtime: Any, moments: str | None = None) -> list[list[Any]]:
    """What a formula gives, as rows: true errors and date-times for a client that knows them, else texts and serials."""
    version = _version(runtime)
    modern = version >= TRUE_ERRORS
    rows = value if isinstance(value, list) else [[value]]
    if _RAISED_ERRORS <= version < TRUE_ERRORS and rows == [[Missing.NOT_AVAILABLE.value]]:
        raise XlwingsError(Missing.NOT_AVAILABLE.value)  # a true error, #VALUE!: a text would make sums lie
    return [[_shown(each, modern, moments) for each in row] for row in rows]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):  # an error, or a data type: a currency, a stock
        value = value.get("basicValue", value.get("text", ""))
    return None if value == "" else value


def _shown(cell: Any, modern: bool, moments: str | None) -> Any:
    if type(cell) is str:
        return _ERROR if modern and cell == Missing.NOT_AVAILABLE.value else cell
    if type(cell) is float:
        return cell if math.isfinite(cell) else (_ERROR if modern else Missing.NOT_AVAILABLE.value)
    if isinstance(cell, datetime):
        known = modern and moments
        return (
            {"type": "FormattedNumber", "basicValue": serial(cell), "numberFormat": moments} if known else serial(cell)
        )
    return "" if cell is None else cell


def _version(runtime: Any) -> float:
    try:
        return float(runtime)
    except (TypeError, ValueError):
        return 0.0
