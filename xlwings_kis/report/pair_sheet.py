"""The sheet of one pair: the full table as on the live sheet, a chart of it, and the volumes on the next page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openpyxl.worksheet.pagebreak import Break

from xlwings_kis import xlsx
from xlwings_kis.block import Role, block
from xlwings_kis.fields import Band, Measure, Side
from xlwings_kis.markets import Pair
from xlwings_kis.pen import Pen, Style
from xlwings_kis.report import charts
from xlwings_kis.report.charts import Cells, Line
from xlwings_kis.report.content import Report
from xlwings_kis.report.texts import text

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_CHART_ROWS = 15


def draw(pen: Pen, sheet: Worksheet, report: Report, pair: Pair) -> None:
    """The sheet; without a table the same frame, and why."""
    reading = report.readings[pair]
    amounts = block(reading)
    if pair in report.missing:  # a sentence without the marker that formulas need
        amounts = replace(amounts, status=report.missing[pair].sentence(report.lang, once=True), late=True)
    row = xlsx.draw(pen, sheet, amounts) + 1
    xlsx.page(sheet, amounts)
    if pair in report.missing:
        return
    count = next(at for at, line in enumerate(amounts.lines) if line.role is Role.TOTAL)
    names = Cells(sheet, xlsx.HEAD + 1, 1, count)
    series = [
        Line(Cells(sheet, xlsx.HEAD - 1, column - 2), names, names.beside(column))
        for column, field in enumerate(amounts.columns, 2)
        if field.side is Side.NET and field.band is not Band.ALL
    ]
    chart = charts.bars(text("by_investor_million", report.lang), series)
    charts.place(sheet, chart, row + 1, 1 + len(amounts.columns), _CHART_ROWS)
    row += _CHART_ROWS + 1
    sheet.row_breaks.append(Break(row))
    pen.put(sheet, row + 1, 1, f"{amounts.subject} · {amounts.title}", Style(bold=True))
    xlsx.draw_table(pen, sheet, block(reading, Measure.QUANTITY), row + 1)
