"""요약 as a sheet. No merged cells, no frozen panes, nothing right of D: a phone shows it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from openpyxl.worksheet.pagebreak import Break

from xlwings_kis.block import Role
from xlwings_kis.fields import Band, figure
from xlwings_kis.pen import Pen, Style
from xlwings_kis.report import charts
from xlwings_kis.report.charts import Cells, Line
from xlwings_kis.report.content import Report
from xlwings_kis.report.page import upright
from xlwings_kis.report.summary import Grid, Row, Summary, summary
from xlwings_kis.report.texts import text
from xlwings_kis.report.widths import broken
from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_COLUMNS = 4
_NET = figure(Band.ALL).number_format


def draw(pen: Pen, sheet: Worksheet, report: Report, course: Sequence[Line]) -> None:
    """Sentences, tables, footnotes; on the next page charts, one under the other. `course`: series through the day."""
    look, said = layout()["report"], summary(report)
    small = Style(size=look["small_size"], colour="quiet")
    row = _opening(pen, sheet, report, said)
    pen.put(sheet, row, _COLUMNS, said.unit, small._replace(align="right"))
    heads = []
    for table in (*said.grids.values(), *said.exchanges):
        heads.append(row + 1)
        row = _grid(pen, sheet, table, row + 1) + 1
    for note in said.notes:
        for part in broken(note, _letters(report, look["small_size"])):
            row += 1
            pen.put(sheet, row, 1, part, small)
    sheet.row_breaks.append(Break(row))
    _charts(sheet, report, dict(zip(heads, said.grids.values(), strict=False)), row + 1, course)
    sheet.column_dimensions["A"].width = look["label"][report.lang]
    for letter in "BCD":
        sheet.column_dimensions[letter].width = look["figure"][report.lang]
    upright(sheet, min(look["scale"], 100 * look["page_rows"] // row))
    sheet.print_options.horizontalCentered = True


def _opening(pen: Pen, sheet: Worksheet, report: Report, said: Summary) -> int:
    """Title, time, warnings, and a sentence a market. The row after."""
    look = layout()["report"]
    plain = Style(size=look["size"])
    pen.put(sheet, 1, 1, said.title, plain._replace(size=look["title_size"], bold=True))
    pen.put(sheet, 2, 1, said.when, plain)
    row = 3
    for mark in said.marks:
        strip = plain._replace(size=look["detail_size"], fill="demo" if report.demo else "late")
        for part in broken(mark, _letters(report, look["detail_size"])):
            for column in range(2, 1 + _COLUMNS):
                pen.put(sheet, row, column, None, strip)
            pen.put(sheet, row, 1, part, strip)
            row += 1
    for head, rest in said.sentences:
        pen.put(sheet, row, 1, head, plain._replace(bold=True, size=look["sentence_size"]))
        row += 1
        for part in broken(rest, _letters(report, look["detail_size"])):
            pen.put(sheet, row, 1, part, plain._replace(size=look["detail_size"]))
            row += 1
    return row


def _letters(report: Report, size: float) -> int:
    """How many half-width letters of a size fit over the four columns."""
    look = layout()["report"]
    return int((look["label"][report.lang] + 3 * look["figure"][report.lang]) * look["size"] / size)


def _grid(pen: Pen, sheet: Worksheet, grid: Grid, row: int) -> int:
    """A small table from its head down; its last row."""
    head = Style(
        size=layout()["report"]["size"], bold=True, fill="head", top="strong_line", bottom="strong_line", align="right"
    )
    pen.put(sheet, row, 1, grid.title, head._replace(align=""))
    names = (*grid.columns, *("",) * (_COLUMNS - 1 - len(grid.columns)))
    for column, name in enumerate(names, 2):
        pen.put(sheet, row, column, name or None, head)
    for line in grid.rows:
        row += 1
        style = _style(line)
        pen.put(sheet, row, 1, line.label, style)
        number = charts.SIGNED if line.role is Role.OTHER else _NET
        for column, value in enumerate(line.figures, 2):
            pen.put(sheet, row, column, value, style._replace(align="right", number=number))
    return row


def _style(line: Row) -> Style:
    look = layout()["report"]
    if line.role is Role.OTHER:
        return Style(size=look["small_size"], colour="quiet")
    if line.role is Role.TOTAL:
        return Style(size=look["size"], bold=True, top="strong_line", bottom="strong_line")
    return Style(size=look["size"], bottom="row_line")


def _charts(sheet: Worksheet, report: Report, grids: dict[int, Grid], row: int, course: Sequence[Line]) -> None:
    """Net buying by investor a market, 차익 against 비차익, foreigners through the day: each as wide as the tables."""
    lang, made = report.lang, []
    for top, grid in grids.items():
        names = Cells(sheet, top + 1, 1, grid.groups)
        series = [Line(Cells(sheet, top, column), names, names.beside(column)) for column in (2, 3)]
        made.append(charts.bars(text("by_investor", lang, what=grid.title), series))
    bands = [Cells(sheet, top, 2, 3, down=False) for top in grids]
    totals = [Cells(sheet, top + grid.groups + 1, 2, 3, down=False) for top, grid in grids.items()]
    names_of = [Cells(sheet, top, 1) for top in grids]
    made.append(
        charts.bars(text("by_band", lang), [Line(*cells) for cells in zip(names_of, bands, totals, strict=True)])
    )
    if course:
        made.append(charts.lines(text("foreigners_course", lang), course))
    rows = layout()["report"]["chart_rows"]
    for at, chart in enumerate(made):
        charts.place(sheet, chart, row + at * rows, _COLUMNS, rows)
