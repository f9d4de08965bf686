"""시간대별: a row a time, four columns a pair, an exchange under the other, in 억원. Blank where nobody was looking."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break

from xlwings_kis.fields import Band, figure
from xlwings_kis.markets import Pair
from xlwings_kis.pen import Pen, Style
from xlwings_kis.press import eok
from xlwings_kis.report.charts import Cells, Line
from xlwings_kis.report.content import Report, Step
from xlwings_kis.report.page import upright
from xlwings_kis.report.texts import text
from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_NET = figure(Band.ALL).number_format
_BANDS = 4


def draw(pen: Pen, sheet: Worksheet, report: Report) -> tuple[Line, ...]:
    """The sheet. Gives foreigners' non-arbitrage balance of the leading exchange, for a chart elsewhere."""
    look, lang = layout(), report.lang
    quiet = Style(size=look["font"]["part_size"], colour="quiet")
    title = f"{text('course_title', lang)} · {report.date_text}"
    pen.put(sheet, 1, 1, title, Style(size=look["font"]["title_size"], bold=True))
    pen.put(sheet, 2, 1, text("gaps", lang), quiet)
    row, widest = 3, 0
    leading: tuple[Line, ...] = ()
    for exchange in report.exchanges:
        days = {pair: steps for pair, steps in report.course.items() if pair.exchange is exchange}
        if not days:
            continue
        if row > 3:
            sheet.row_breaks.append(Break(row - 1))
        last = 1 + _BANDS * len(days)
        widest = max(widest, last)
        pen.put(sheet, row, last, text("unit", lang), quiet._replace(align="right"))
        series = _table(pen, sheet, row + 1, days, lang)
        leading = series if exchange is report.lead else leading
        row += 4 + series[0].values.length
    for column in range(1, widest + 1):
        width = look["report"]["figure"][lang] if column == 1 else look["report"]["part"][lang]
        sheet.column_dimensions[get_column_letter(column)].width = width
    upright(sheet)
    return leading


def _table(pen: Pen, sheet: Worksheet, top: int, days: dict[Pair, tuple[Step, ...]], lang: str) -> tuple[Line, ...]:
    """Two rows of heads, then the times from the first at which somebody looked."""
    names = (*(str(band.value[0 if lang == "ko" else 1]) for band in Band), text("foreigners_band", lang))
    first = top + 2
    rows = {moment: first + at for at, moment in enumerate(_moments(days))}
    head = Style(bold=True, fill="head")
    pen.put(sheet, top, 1, None, head)
    pen.put(sheet, top + 1, 1, text("time", lang), head._replace(bottom="strong_line"))
    for moment, row in rows.items():
        of_day = moment.timetz().replace(tzinfo=None)
        pen.put(sheet, row, 1, of_day, Style(number="hh:mm", align="left", bottom="row_line"))
    times = Cells(sheet, first, 1, len(rows))
    series = []
    for at, (pair, steps) in enumerate(days.items()):
        column = 2 + _BANDS * at
        for place, name in enumerate(names):
            left = "" if place else "row_line"
            pen.put(sheet, top, column + place, None if place else pair.label(lang), head._replace(left=left))
            style = head._replace(left=left, bottom="strong_line", align="right")
            pen.put(sheet, top + 1, column + place, name, style)
        for step in steps:
            if step.moment in rows:
                _step(pen, sheet, rows[step.moment], column, step)
        series.append(Line(Cells(sheet, top, column), times, times.beside(column + _BANDS - 1)))
    return tuple(series)


def _step(pen: Pen, sheet: Worksheet, row: int, column: int, step: Step) -> None:
    for place, million in enumerate((*step.market, step.foreigners.non_arbitrage)):
        style = Style(number=_NET, align="right", bottom="row_line", left="" if place else "row_line")
        pen.put(sheet, row, column + place, eok(million), style)


def _moments(days: dict[Pair, tuple[Step, ...]]) -> list[datetime]:
    seen = [step.moment for steps in days.values() for step in steps if step.market.total is not None]
    return sorted({step.moment for steps in days.values() for step in steps if step.moment >= min(seen)})
