"""Native charts over cells that are written already, with their values cached: phones draw nothing but the cache.

Axes are switched on explicitly (openpyxl leaves them out), bars are red where they rise and blue where they fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from openpyxl.chart import BarChart, LineChart
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.marker import DataPoint, Marker
from openpyxl.chart.series import Series, SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.utils import get_column_letter, quote_sheetname

from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

SIGNED = "+#,##0;-#,##0;0"
_POINTS = 100
"""Font sizes are hundredths of a point."""


class Cells(NamedTuple):
    """A run of cells in one row or column of a sheet."""

    sheet: Worksheet
    row: int
    column: int
    length: int = 1
    down: bool = True

    @property
    def reference(self) -> str:
        """`'요약'!$B$9:$B$12`."""
        row, column = (
            (self.row + self.length - 1, self.column) if self.down else (self.row, self.column + self.length - 1)
        )
        first, last = f"${get_column_letter(self.column)}${self.row}", f"${get_column_letter(column)}${row}"
        return f"{quote_sheetname(self.sheet.title)}!{first}" + (f":{last}" if self.length > 1 else "")

    def beside(self, column: int) -> Cells:
        """The same rows in another column."""
        return self._replace(column=column)

    @property
    def values(self) -> list[Any]:
        """What stands in them."""
        steps = range(self.length)
        return [
            self.sheet.cell(self.row + (at if self.down else 0), self.column + (0 if self.down else at)).value
            for at in steps
        ]


class Line(NamedTuple):
    """One series: where its name, its categories and its values stand."""

    name: Cells
    categories: Cells
    values: Cells


def bars(title: str, series: Sequence[Line]) -> Any:
    """Clustered columns with their values on them."""
    look = layout()["chart"]
    chart: Any = BarChart()  # an object of which the stubs know half
    chart.type, chart.grouping, chart.overlap, chart.gapWidth = "col", "clustered", 0, 60
    lone = len(series) == 1
    chart.series = [_bar(at, line, shade=1 if lone else at % 2) for at, line in enumerate(series)]
    _frame(chart, title)
    chart.y_axis.number_format = SIGNED
    chart.y_axis.delete = True  # every bar carries its value
    chart.y_axis.majorGridlines = None
    chart.layout = Layout(ManualLayout("inner", "edge", "edge", x=0.02, y=0.22, w=0.96, h=0.5))  # room for the values
    chart.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=look["key"][0]))
    return chart


def lines(title: str, series: Sequence[Line]) -> Any:
    """Lines through the day; where nobody was looking there is a gap."""
    look = layout()["chart"]
    chart: Any = LineChart()  # as above
    chart.series = [_line(at, line) for at, line in enumerate(series)]
    _frame(chart, title)
    chart.y_axis.number_format = SIGNED
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill=look["grid"]))
    chart.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    chart.x_axis.number_format = "hh:mm"
    chart.x_axis.auto = False  # times of one day are no dates
    chart.x_axis.tickLblSkip = chart.x_axis.tickMarkSkip = max(1, series[0].values.length // 8)
    chart.display_blanks = "gap"
    return chart


def place(sheet: Worksheet, chart: Any, row: int, columns: int, rows: int) -> None:
    """Put a chart over cells from the first column on: as wide as they are, whatever font a reader has."""
    start, end = AnchorMarker(col=0, row=row - 1), AnchorMarker(col=columns, row=row - 1 + rows)
    chart.anchor = TwoCellAnchor(editAs="oneCell", _from=start, to=end)
    sheet.add_chart(chart)


def _bar(at: int, line: Line, shade: int) -> Series:
    look = layout()["chart"]
    made = _series(at, line)
    made.invertIfNegative = False
    made.spPr = _fill(look["key"][shade])
    made.dPt = [
        DataPoint(
            idx=place,
            invertIfNegative=False,
            spPr=_fill(look["rise" if value > 0 else "fall"][shade]),
        )
        for place, value in enumerate(line.values.values)
        if value
    ]
    made.dLbls = DataLabelList(numFmt=SIGNED, dLblPos="outEnd", txPr=_letters(look["text_size"]))
    made.dLbls.showVal = True
    for part in ("LegendKey", "CatName", "SerName", "Percent", "BubbleSize"):
        setattr(made.dLbls, f"show{part}", False)
    return made


@cache
def _fill(colour: str) -> GraphicalProperties:
    return GraphicalProperties(solidFill=colour, ln=LineProperties(noFill=True))


def _line(at: int, line: Line) -> Series:
    look = layout()["chart"]
    made = _series(at, line)
    colour = look["line"][at % len(look["line"])]
    made.spPr = GraphicalProperties(ln=LineProperties(solidFill=colour, w=22_000))
    made.marker = Marker(symbol="none")
    made.smooth = False
    return made


def _series(at: int, line: Line) -> Series:
    name = StrRef(f=line.name.reference, strCache=_texts(line.name.values))
    return Series(
        idx=at,
        order=at,
        tx=SeriesLabel(strRef=name),
        cat=_categories(line.categories),
        val=NumDataSource(numRef=_numbers(line.values, SIGNED)),
    )


def _categories(cells: Cells) -> AxDataSource:
    if all(isinstance(value, str) for value in cells.values):
        return AxDataSource(strRef=StrRef(f=cells.reference, strCache=_texts(cells.values)))
    return AxDataSource(numRef=_numbers(cells, "hh:mm"))


def _texts(values: Sequence[Any]) -> StrData:
    return StrData(ptCount=len(values), pt=[StrVal(idx=at, v=str(value)) for at, value in enumerate(values)])


def _numbers(cells: Cells, number_format: str) -> NumRef:
    values = (_fraction(value) if isinstance(value, time) else value for value in cells.values)
    points = [NumVal(idx=at, v=value) for at, value in enumerate(values) if value is not None]
    return NumRef(f=cells.reference, numCache=NumData(formatCode=number_format, ptCount=cells.length, pt=points))


def _fraction(of_day: time) -> float:
    """As Excel keeps a time."""
    return (of_day.hour * 3600 + of_day.minute * 60 + of_day.second) / 86_400


def _frame(chart: Any, title: str) -> None:
    """Title, legend below, axes that are there, no round corners."""
    look = layout()["chart"]
    chart.title = _title(title)
    chart.roundedCorners = False
    chart.legend.position = "b"
    chart.legend.txPr = _letters(look["text_size"])
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
        axis.majorTickMark = axis.minorTickMark = "none"
        axis.txPr = _letters(look["text_size"])
    chart.x_axis.tickLblPos = "low"  # under the bars that fall


def _title(words: str) -> Title:
    look = layout()
    letters = CharacterProperties(
        sz=int(look["chart"]["title_size"] * _POINTS), b=True, solidFill=look["colour"]["text"]
    )
    run = RegularTextRun(rPr=letters, t=words)
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=letters), r=[run])
    rich = RichText(bodyPr=RichTextProperties(), p=[paragraph])
    return Title(tx=Text(rich=rich), overlay=False)


@cache
def _letters(size: float) -> RichText:
    letters = CharacterProperties(sz=int(size * _POINTS), solidFill=layout()["colour"]["part"])
    paragraph = Paragraph(pPr=ParagraphProperties(defRPr=letters), endParaRPr=CharacterProperties())
    return RichText(bodyPr=RichTextProperties(), p=[paragraph])
