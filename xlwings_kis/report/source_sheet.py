"""자료 as a sheet: two columns, long lines broken into rows; at its end the exchanges held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlwings_kis.fields import Band, figure
from xlwings_kis.markets import Exchange
from xlwings_kis.pen import Pen, Style
from xlwings_kis.report.content import Report
from xlwings_kis.report.page import upright
from xlwings_kis.report.sources import sections
from xlwings_kis.report.summary import Difference, differences
from xlwings_kis.report.texts import text
from xlwings_kis.report.widths import broken
from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_COLUMNS = 6
_NET = figure(Band.ALL).number_format


def draw(pen: Pen, sheet: Worksheet, report: Report) -> None:
    """The sheet."""
    look = layout()["report"]
    small = Style(size=layout()["font"]["part_size"])
    pen.put(sheet, 1, 1, text("sources", report.lang), Style(size=look["title_size"], bold=True))
    row = 3
    for section in sections(report):
        _heading(pen, sheet, row, section.heading)
        for what, value in section.lines:
            pen.put(sheet, row + 1, 1, what or None, small._replace(colour="part"))
            for part in broken(value, look["source_width"]) if isinstance(value, str) else (value,):
                row += 1
                pen.put(sheet, row, 2, part, small._replace(align="left"))
        row += 2
    for market in report.markets:
        found = differences(report, market)
        if found:
            _heading(pen, sheet, row, text("difference", report.lang, market=market.label(report.lang)))
            row = _differences(pen, sheet, row + 1, found, report.lang) + 2
    sheet.column_dimensions["A"].width = look["source_label"]
    for letter in "BCDEF":
        sheet.column_dimensions[letter].width = look["part"][report.lang]
    upright(sheet)


def _heading(pen: Pen, sheet: Worksheet, row: int, words: str) -> None:
    head = Style(bold=True, fill="head")
    for column in range(1, _COLUMNS + 1):
        pen.put(sheet, row, column, words if column == 1 else None, head)


def _differences(pen: Pen, sheet: Worksheet, row: int, found: tuple[Difference, ...], lang: str) -> int:
    """The figures and what they come short of; the last row."""
    heads = (*(exchange.label(lang) for exchange in Exchange), text("difference_head", lang))
    for column, name in enumerate(heads, 2):
        pen.put(sheet, row, column, name, Style(bold=True, align="right"))
    for line in found:
        row += 1
        pen.put(sheet, row, 1, line.label, Style())
        for column, value in enumerate(line.figures, 2):
            pen.put(sheet, row, column, value, Style(number=_NET, align="right"))
    for part in broken(text("difference_note", lang), layout()["report"]["source_width"]):
        row += 1
        pen.put(sheet, row, 1, part, Style(size=layout()["report"]["small_size"], colour="quiet"))
    return row
