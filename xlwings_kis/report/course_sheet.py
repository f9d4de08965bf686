"""시간대별: a row a time, four columns a pair, in 억원. A blank is a time nobody was looking at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter

from xlwings_kis.fields import Band, figure
from xlwings_kis.pen import Pen, Style
from xlwings_kis.press import eok
from xlwings_kis.report.charts import Cells, Line
from xlwings_kis.report.content import Report
from xlwings_kis.report.page import upright
from xlwings_kis.report.texts import text
from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_UNIT, _PAIRS, _HEAD = 3, 4, 5
_NET = figure(Band.ALL).number_format


def draw(pen: Pen, sheet: Worksheet, report: Report) -> tuple[Line, ...]:
    """The sheet. Gives foreigners' non-arbitrage balance of the leading exchange, for a chart elsewhere."""
    look, lang = layout(), report.lang
    quiet = Style(size=look["font"]["part_size"], colour="quiet")
    names = (*(str(band.value[0 if lang == "ko" else 1]) for band in Band), text("foreigners_band", lang))
    moments = sorted({step.moment for steps in report.course.values() for step in steps})
    rows = {moment: row for row, moment in enumerate(moments, _HEAD + 1)}
    title = f"{text('course_title', lang)} · {report.date_text}"
    pen.put(sheet, 1, 1, title, Style(size=look["font"]["title_size"], bold=True))
    pen.put(sheet, 2, 1, text("gaps", lang), quiet)
    last = 1 + len(names) * len(report.course)
    pen.put(sheet, _UNIT, last, text("unit", lang), quiet._replace(align="right"))
    _times(pen, sheet, rows, lang)
    series = []
    for at, pair in enumerate(report.course):
        column = 2 + len(names) * at
        _pair(
            pen,
            sheet,
            column,
            (pair.label(lang), names),
            [(rows[s.moment], (*s.market, s.foreigners.non_arbitrage)) for s in report.course[pair]],
        )
        if pair.exchange is report.lead:
            times = Cells(sheet, _HEAD + 1, 1, len(moments))
            series.append(Line(Cells(sheet, _PAIRS, column), times, times.beside(column + len(names) - 1)))
    for column in range(1, last + 1):
        width = look["report"]["figure" if column == 1 else "part"]
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = f"B{_HEAD + 1}"
    upright(sheet)
    return tuple(series)


def _times(pen: Pen, sheet: Worksheet, rows: dict[datetime, int], lang: str) -> None:
    head = Style(bold=True, fill="head")
    pen.put(sheet, _PAIRS, 1, None, head)
    pen.put(sheet, _HEAD, 1, text("time", lang), head._replace(bottom="strong_line"))
    style = Style(number="hh:mm", align="left", bottom="row_line")
    for moment, row in rows.items():
        pen.put(sheet, row, 1, moment.timetz().replace(tzinfo=None), style)


def _pair(
    pen: Pen,
    sheet: Worksheet,
    column: int,
    heads: tuple[str, tuple[str, ...]],
    lines: list[tuple[int, tuple[int | None, ...]]],
) -> None:
    """The columns of one pair, a line at their left."""
    title, names = heads
    for at, name in enumerate(names):
        head = Style(bold=True, fill="head", left="" if at else "row_line")
        pen.put(sheet, _PAIRS, column + at, None if at else title, head)
        pen.put(sheet, _HEAD, column + at, name, head._replace(bottom="strong_line", align="right"))
        style = Style(number=_NET, align="right", bottom="row_line", left="" if at else "row_line")
        for row, figures in lines:
            pen.put(sheet, row, column + at, eok(figures[at]), style)
