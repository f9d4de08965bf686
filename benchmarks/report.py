"""A report against the same cells and charts written bare: what the look, the caches and the mended parts cost."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import time as of_day
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.place import ROOT, Place

_ROUNDS = 21
_PROCESSES = 5
_WHAT = "a report of two markets with a day's history"

TIME = Figure("report", f"{_WHAT}, from the frozen value to the file", "the same values, charts and bars' colours, bare openpyxl",
              Unit.SECONDS, 2.0)  # fmt: skip
MEMORY = Figure("report-memory", f"peak memory of a process that writes {_WHAT}", "the same, bare openpyxl",
                Unit.BYTES, 2.0)  # fmt: skip
XLSXWRITER = Figure("report-xlsxwriter", f"{_WHAT}, from the frozen value to the file", "the same, XlsxWriter",
                    Unit.SECONDS)  # fmt: skip
FIGURES = (TIME, XLSXWRITER, MEMORY)


def measure(place: Place) -> Iterator[Measured]:
    """Time by turns in one process, memory in processes of their own."""
    if importlib.util.find_spec("xlsxwriter") is None:
        yield from (
            Measured(figure, 0, 1, broken="xlsxwriter is missing: pip install -e .[test]") for figure in FIGURES
        )
        return
    environment = place.environment()
    environment["PYTHONPATH"] += f"{os.pathsep}{ROOT / 'tests'}"
    environment["OPENPYXL_LXML"] = "False"  # as on the PC of a user: nothing of ours needs lxml
    cells = place.folder / "cells.json"
    cells.write_text(place.child("benchmarks.report:cells_in_child", environment), encoding="utf-8")
    ours, openpyxl, xlsxwriter = place.child("benchmarks.report:seconds_in_child", environment, cells=str(cells))
    yield Measured(TIME, ours, openpyxl)
    yield Measured(XLSXWRITER, ours, xlsxwriter)
    if sys.platform == "win32":
        yield Measured(MEMORY, 0, 1, broken="not measured on Windows: the standard library does not tell")
    else:
        peaks = {
            way: median(
                place.child("benchmarks.report:peak_in_child", environment, way=way, cells=str(cells))
                for _ in range(_PROCESSES)
            )
            for way in ("ours", "openpyxl")
        }
        yield Measured(MEMORY, peaks["ours"], peaks["openpyxl"])


def cells_in_child() -> str:
    """The cells of our own report, for the others to write: (row, column, value, number format) a sheet, and its charts."""
    import openpyxl
    from report_sample import report

    from xlwings_kis import report as reports

    book = openpyxl.load_workbook(BytesIO(reports.render(report())))
    sheets = []
    for sheet in book:
        cells = [
            [cell.row, cell.column, _plain(cell.value), cell.number_format, bool(cell.font.b)]
            for line in sheet.iter_rows()
            for cell in line
            if cell.has_style
        ]
        charts = [
            {
                "kind": type(chart).__name__,
                "row": chart.anchor._from.row + 1,
                "title": "".join(run.t for run in chart.title.tx.rich.p[0].r),
                "series": [
                    {"name": each.tx.strRef.f, "values": each.val.numRef.f,
                     "categories": (each.cat.strRef or each.cat.numRef).f,
                     "points": {point.idx: point.spPr.solidFill.srgbClr for point in each.dPt or ()}}
                    for each in chart.series
                ],
            }
            for chart in sheet._charts
        ]  # fmt: skip
        sheets.append({"title": sheet.title, "cells": cells, "charts": charts})
    return json.dumps(sheets, ensure_ascii=False)


def seconds_in_child(cells: str) -> list[float]:
    """The medians of a file each way, by turns in one process."""
    ways = [make(Path(cells)) for make in (_ours, _openpyxl, _xlsxwriter)]
    rounds: list[list[float]] = [[] for _ in ways]
    for _ in range(_ROUNDS):
        for write, seconds in zip(ways, rounds, strict=True):
            start = time.perf_counter()
            data = write()
            seconds.append(time.perf_counter() - start)
            assert data[:2] == b"PK"
    return [median(seconds) for seconds in rounds]


def peak_in_child(way: str, cells: str) -> int:
    """The most memory a process held that wrote one file."""
    from benchmarks.memory import peak

    {"ours": _ours, "openpyxl": _openpyxl}[way](Path(cells))()
    return peak()


def _ours(_: Path) -> Callable[[], bytes]:
    from report_sample import report

    from xlwings_kis import report as reports

    made = report()
    return lambda: reports.render(made)


def _openpyxl(cells: Path) -> Callable[[], bytes]:
    import openpyxl
    from openpyxl.chart import BarChart, LineChart, Series
    from openpyxl.chart.data_source import AxDataSource, StrRef
    from openpyxl.chart.label import DataLabelList
    from openpyxl.chart.marker import DataPoint
    from openpyxl.chart.series import SeriesLabel
    from openpyxl.styles import Font

    sheets = json.loads(cells.read_text(encoding="utf-8"))

    def write() -> bytes:
        book, heavy = openpyxl.Workbook(), Font(bold=True)
        book.remove(book.worksheets[0])
        for told in sheets:
            sheet = book.create_sheet(told["title"])
            for row, column, value, number_format, bold in told["cells"]:
                cell = sheet.cell(row, column, _typed(value))
                cell.number_format = number_format
                if bold:
                    cell.font = heavy
            for chart_told in told["charts"]:
                chart = BarChart() if chart_told["kind"] == "BarChart" else LineChart()
                chart.title = chart_told["title"]
                for each in chart_told["series"]:
                    series = Series(each["values"])
                    series.tx = SeriesLabel(strRef=StrRef(each["name"]))
                    series.cat = AxDataSource(strRef=StrRef(each["categories"]))
                    for place, colour in each["points"].items():
                        point = DataPoint(idx=int(place))
                        point.graphicalProperties.solidFill = colour
                        series.dPt.append(point)
                    if each["points"]:
                        series.dLbls = DataLabelList(showVal=True)
                    chart.append(series)
                chart.x_axis.delete = chart.y_axis.delete = False
                sheet.add_chart(chart, f"A{chart_told['row']}")
        out = BytesIO()
        book.save(out)
        return out.getvalue()

    return write


def _xlsxwriter(cells: Path) -> Callable[[], bytes]:
    import xlsxwriter

    sheets = json.loads(cells.read_text(encoding="utf-8"))

    def write() -> bytes:
        out = BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True})
        formats: dict[tuple[str, bool], Any] = {}
        for told in sheets:
            sheet = book.add_worksheet(told["title"])
            for row, column, value, number_format, bold in told["cells"]:
                look = (number_format, bold)
                if look not in formats:
                    formats[look] = book.add_format({"num_format": number_format, "bold": bold})
                typed = _typed(value)
                if value is None:
                    sheet.write_blank(row - 1, column - 1, None, formats[look])
                elif isinstance(typed, str):
                    sheet.write_string(row - 1, column - 1, typed, formats[look])
                else:
                    number = _fraction(typed) if isinstance(typed, of_day) else typed
                    sheet.write_number(row - 1, column - 1, number, formats[look])
            for chart_told in told["charts"]:
                chart = book.add_chart({"type": "column" if chart_told["kind"] == "BarChart" else "line"})
                chart.set_title({"name": chart_told["title"]})
                for each in chart_told["series"]:
                    points = each["points"]
                    last = max((int(place) for place in points), default=-1)
                    chart.add_series(
                        {
                            **{name: f"={each[name]}" for name in ("name", "categories", "values")},
                            **({"data_labels": {"value": True}} if points else {}),
                            "points": [
                                {"fill": {"color": points[str(at)]}} if str(at) in points else None
                                for at in range(last + 1)
                            ],
                        }
                    )
                sheet.insert_chart(chart_told["row"] - 1, 0, chart)
        book.close()
        return out.getvalue()

    return write


def _plain(value: Any) -> Any:
    return f"T{value:%H:%M}" if isinstance(value, of_day) else value


def _typed(value: Any) -> Any:
    """JSON knows no times of day."""
    told = isinstance(value, str) and value[:1] == "T" and value[1:2].isdigit()
    return of_day.fromisoformat(value[1:]) if told else value


def _fraction(moment: of_day) -> float:
    return (moment.hour * 60 + moment.minute) / 1440


SUBJECT = Subject(FIGURES, measure)
