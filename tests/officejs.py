"""The Office.js engine without Excel: a book as the add-in sends it, and its actions applied to a real file.

Only the actions our sheet uses; any other is an error, so that nothing is tested that nobody applies.
"""

from __future__ import annotations

import os
import re
import zipfile
from pathlib import Path
from typing import Any

os.environ.setdefault("XLWINGS_LICENSE_KEY", "noncommercial")

import xlwings as xw
from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.marker import Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.text import CharacterProperties, ParagraphProperties
from openpyxl.formatting.rule import CellIsRule, DataBarRule, FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_from_string, range_boundaries
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties

_SIDES = {"edge_left": "left", "edge_right": "right", "edge_top": "top", "edge_bottom": "bottom"}
_POINTS_A_LETTER, _POINTS_BESIDE = 5.25, 3.75


def sheet(name: str, values: list[list[Any]] | None = None) -> dict[str, Any]:
    """A sheet of the payload."""
    return {
        "name": name, "values": values or [[]], "pictures": [], "tables": [], "charts": [], "shapes": [],
        "pivot_tables": [], "notes": [], "notes_supported": True, "visibility": "Visible", "show_gridlines": True,
        "print_area": None,
    }  # fmt: skip


def payload(*sheets: dict[str, Any], names: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """What the add-in posts."""
    return {
        "client": "Office.js",
        "version": xw.__version__,
        "book": {"name": "책.xlsx", "active_sheet_index": 0, "selection": "A1"},
        "names": names or [],
        "sheets": list(sheets) or [sheet("Sheet1")],
    }


class Excel:
    """A workbook behind the engine: each `book()` is one call of a macro, `apply` carries its actions out."""

    def __init__(self, *sheets: dict[str, Any]) -> None:
        self.file = Workbook()
        self.file.remove(self.file.worksheets[0])
        self.charts: dict[str, list[str]] = {}
        for each in sheets or (sheet("Sheet1"),):
            made = self.file.create_sheet(each["name"])
            self.charts[each["name"]] = []
            for row in each["values"]:
                if row:
                    made.append([None if value == "" else value for value in row])

    def book(self) -> xw.Book:
        """The book as a macro gets it now."""
        sheets = []
        for each in self.file.worksheets:
            rows = [["" if cell.value is None else cell.value for cell in row] for row in each.iter_rows()]
            made = sheet(each.title, rows or [[]])
            made["charts"] = [
                {"name": name, "chart_type": "BarClustered", "left": 0, "top": 0, "width": 1, "height": 1}
                for name in self.charts[each.title]
            ]
            sheets.append(made)
        return xw.Book(json=payload(*sheets, names=self._names()))

    def apply(self, actions: list[dict[str, Any]]) -> None:
        """Carry actions out, one by one."""
        for action in actions:
            getattr(self, f"_{action['func']}")(action)

    def delete(self, name: str) -> None:
        """A user deletes a sheet: names that led there lead nowhere."""
        del self.file[name], self.charts[name]
        for defined in self.file.defined_names.values():
            if defined.attr_text.startswith(f"'{name}'!"):
                defined.attr_text = "#REF!$A$1"

    def rename(self, name: str, title: str) -> None:
        """A user names a sheet anew: names and charts go with it."""
        self.file[name].title = title
        quoted = title.replace("'", "''")
        for defined in self.file.defined_names.values():
            defined.attr_text = defined.attr_text.replace(f"'{name}'", f"'{quoted}'")
        self.charts[title] = self.charts.pop(name)

    def _names(self) -> list[dict[str, Any]]:
        made = []
        for name, defined in self.file.defined_names.items():
            if "#REF!" in defined.attr_text:  # its sheet was deleted
                made.append(
                    {"name": name, "sheet_index": None, "address": None, "book_scope": True,
                     "scope_sheet_name": None, "scope_sheet_index": None, "refers_to": f"={defined.attr_text}"}
                )  # fmt: skip
                continue
            title, address = next(defined.destinations)
            title = title.replace("''", "'")  # openpyxl takes the outer quotes alone
            index = [each.title for each in self.file.worksheets].index(title)
            made.append(
                {"name": name, "sheet_index": index, "address": address.replace("$", ""), "book_scope": True,
                 "scope_sheet_name": None, "scope_sheet_index": None, "refers_to": f"={defined.attr_text}"}
            )  # fmt: skip
        return made

    def _sheet(self, action: dict[str, Any]) -> Any:
        return self.file.worksheets[action["sheet_position"]]

    def _cells(self, action: dict[str, Any]) -> list[list[Any]]:
        top, left = action["start_row"] + 1, action["start_column"] + 1
        made = self._sheet(action)
        return [
            [made.cell(row, column) for column in range(left, left + action["column_count"])]
            for row in range(top, top + action["row_count"])
        ]

    def _address(self, action: dict[str, Any]) -> str:
        cells = self._cells(action)
        return f"{cells[0][0].coordinate}:{cells[-1][-1].coordinate}"

    def _each(self, action: dict[str, Any]) -> list[Any]:
        return [cell for row in self._cells(action) for cell in row]

    def _addSheet(self, action: dict[str, Any]) -> None:  # noqa: N802 - named as the actions are
        index, name = action["args"]
        self.file.create_sheet(name, index)
        self.charts[name] = []

    def _setScreenUpdating(self, action: dict[str, Any]) -> None:  # noqa: N802
        """Nothing to see."""

    def _setValues(self, action: dict[str, Any]) -> None:  # noqa: N802
        cells = self._cells(action)
        assert len(cells) == len(action["values"])
        for row, values in zip(cells, action["values"], strict=True):
            for cell, value in zip(row, values, strict=True):
                assert value is not None, "null leaves a cell as it is"
                cell.value = None if value == "" else value
                if isinstance(value, str) and value:
                    cell.data_type = "f" if value.startswith("=") else "e" if value == "#N/A" else "s"

    def _setNumberFormat(self, action: dict[str, Any]) -> None:  # noqa: N802
        for cell in self._each(action):
            cell.number_format = action["args"][0]

    def _setFontProperty(self, action: dict[str, Any]) -> None:  # noqa: N802
        name, value = action["args"]
        for cell in self._each(action):
            known = {key: getattr(cell.font, key) for key in ("name", "size", "bold", "color")}
            known[name] = value.removeprefix("#") if name == "color" else value
            cell.font = Font(**known)

    def _setRangeColor(self, action: dict[str, Any]) -> None:  # noqa: N802
        for cell in self._each(action):
            cell.fill = PatternFill("solid", fgColor=action["args"][0].removeprefix("#"))

    def _setHorizontalAlignment(self, action: dict[str, Any]) -> None:  # noqa: N802
        names = {"Left": "left", "Right": "right", "CenterAcrossSelection": "centerContinuous"}
        for cell in self._each(action):
            cell.alignment = Alignment(horizontal=names[action["args"][0]], vertical=cell.alignment.vertical)

    def _setVerticalAlignment(self, action: dict[str, Any]) -> None:  # noqa: N802
        for cell in self._each(action):
            cell.alignment = Alignment(horizontal=cell.alignment.horizontal, vertical=action["args"][0].lower())

    def _setBorderProperty(self, action: dict[str, Any]) -> None:  # noqa: N802
        side, attribute, value = action["args"]
        if attribute != "color":  # style and weight are the same everywhere: thin
            return
        line = Side("thin", value.removeprefix("#"))
        rows = self._cells(action)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                touched = {
                    "edge_left": column == 0, "edge_right": column == len(row) - 1,
                    "edge_top": at == 0, "edge_bottom": at == len(rows) - 1,
                }  # fmt: skip
                known = {key: getattr(cell.border, key) for key in ("left", "right", "top", "bottom")}
                if side == "inside_horizontal":
                    known |= ({"top": line} if at else {}) | ({"bottom": line} if at < len(rows) - 1 else {})
                elif touched[side]:
                    known[_SIDES[side]] = line
                cell.border = Border(**known)

    def _setColumnWidth(self, action: dict[str, Any]) -> None:  # noqa: N802
        for cell in self._cells(action)[0]:
            letters = (action["args"][0] - _POINTS_BESIDE) / _POINTS_A_LETTER
            self._sheet(action).column_dimensions[cell.column_letter].width = letters + 0.7

    def _setRowHeight(self, action: dict[str, Any]) -> None:  # noqa: N802
        for row in self._cells(action):
            self._sheet(action).row_dimensions[row[0].row].height = action["args"][0]

    def _setDataValidationList(self, action: dict[str, Any]) -> None:  # noqa: N802
        source = action["args"][0]
        rule = DataValidation("list", formula1='"' + ",".join(source["values"]) + '"')
        rule.add(self._address(action))
        self._sheet(action).add_data_validation(rule)

    def _addConditionalFormat(self, action: dict[str, Any]) -> None:  # noqa: N802
        (rule,) = action["args"]
        fill = PatternFill(bgColor=rule["fill_color"].removeprefix("#")) if rule.get("fill_color") else None
        colour = rule["font_color"].removeprefix("#") if rule.get("font_color") else None
        font = Font(bold=rule.get("font_bold"), color=colour) if colour or rule.get("font_bold") else None
        if rule["type"] == "DataBar":
            made: Any = DataBarRule("min", None, "max", None, color=rule["bar_color"].removeprefix("#"))
        elif rule["type"] == "Custom":
            made = FormulaRule([rule["formula"].removeprefix("=")], fill=fill, font=font)
        else:
            bounds = [rule[key].removeprefix("=") for key in ("formula1", "formula2")]
            made = CellIsRule("notBetween", bounds, fill=fill, font=font)
        conditions = self._sheet(action).conditional_formatting
        for known in conditions:
            for each in known.rules:
                each.priority += 1
        conditions.add(self._address(action), made)
        made.priority = 1

    def _clearConditionalFormats(self, action: dict[str, Any]) -> None:  # noqa: N802
        conditions = self._sheet(action).conditional_formatting
        left, top, right, bottom = range_boundaries(self._address(action))
        for known in list(conditions):
            (place,) = known.cells.ranges
            if left <= place.min_col <= place.max_col <= right and top <= place.min_row <= place.max_row <= bottom:
                del conditions[str(known.sqref)]

    def _rangeClear(self, action: dict[str, Any]) -> None:  # noqa: N802
        for cell in self._each(action):
            cell.value, cell.style = None, "Normal"

    def _namesAdd(self, action: dict[str, Any]) -> None:  # noqa: N802
        name, refers_to = action["args"]
        assert name not in self.file.defined_names
        self.file.defined_names[name] = DefinedName(name, attr_text=refers_to.removeprefix("="))

    def _setNameRefersTo(self, action: dict[str, Any]) -> None:  # noqa: N802
        self.file.defined_names[action["args"][0]].attr_text = action["args"][3].removeprefix("=")

    def _nameDelete(self, action: dict[str, Any]) -> None:  # noqa: N802
        del self.file.defined_names[action["args"][2]]

    def _freezePaneAtRange(self, action: dict[str, Any]) -> None:  # noqa: N802
        _, _, right, bottom = range_boundaries(action["args"][0])
        self._sheet(action).freeze_panes = f"{get_column_letter(right + 1)}{bottom + 1}"

    def _setShowGridlines(self, action: dict[str, Any]) -> None:  # noqa: N802
        self._sheet(action).sheet_view.showGridLines = action["args"][0]

    def _setPrintArea(self, action: dict[str, Any]) -> None:  # noqa: N802
        self._sheet(action).print_area = action["args"][0].replace("$", "")

    def _addChart(self, action: dict[str, Any]) -> None:  # noqa: N802
        name, kind, source_sheet, address, _, _, width, height, plot_by, anchor, _ = action["args"]
        assert plot_by == "Columns"
        made: Any = BarChart() if kind == "BarClustered" else LineChart()
        self._set_data(made, source_sheet, address)
        if kind == "BarClustered":
            made.type = "bar"
            for series, colour in zip(made.series, ("A6A6A6", "404040"), strict=True):  # a style of greys
                series.graphicalProperties.solidFill = colour
                series.invertIfNegative = False
            made.gapWidth = 60
        else:
            assert kind == "LineMarkers"
            made.dispBlanksAs = "gap"
        made.width, made.height = width / 28.35, height / 28.35
        made.x_axis.delete = made.y_axis.delete = False
        made.x_axis.tickLblPos = "low"
        self._sheet(action).add_chart(made, anchor.replace("$", ""))
        self.charts[self._sheet(action).title].append(name)

    def _set_data(self, chart: Any, sheet_name: str, address: str) -> None:
        left, top, right, bottom = range_boundaries(address.replace("$", ""))
        source = self.file[sheet_name]
        chart.series = []
        chart.add_data(Reference(source, left + 1, top, right, bottom), titles_from_data=True)
        chart.set_categories(Reference(source, left, top + 1, left, bottom))
        if isinstance(chart, LineChart):
            (line,) = chart.series
            line.graphicalProperties.line.solidFill = "404040"
            line.smooth = False
            line.marker = Marker("circle", 4)
            line.marker.graphicalProperties = GraphicalProperties(solidFill="404040")

    def _setChartSourceData(self, action: dict[str, Any]) -> None:  # noqa: N802
        _, sheet_name, address, plot_by = action["args"]
        assert plot_by == "Columns"
        self._set_data(self._chart(action), sheet_name, address)

    def _deleteChart(self, action: dict[str, Any]) -> None:  # noqa: N802
        del self._sheet(action)._charts[action["args"][0]]
        del self.charts[self._sheet(action).title][action["args"][0]]

    def _activateSheet(self, action: dict[str, Any]) -> None:  # noqa: N802
        self.file.active = action["args"][0]

    def _chart(self, action: dict[str, Any]) -> Any:
        return self._sheet(action)._charts[action["args"][0]]

    def _setChartTitle(self, action: dict[str, Any]) -> None:  # noqa: N802
        chart = self._chart(action)
        chart.title = action["args"][1]
        for paragraph in chart.title.tx.rich.p:
            paragraph.pPr = ParagraphProperties(defRPr=CharacterProperties(sz=1200, b=False))

    def _setChartLegend(self, action: dict[str, Any]) -> None:  # noqa: N802
        if action["args"][1:] == ["visible", False]:
            self._chart(action).legend = None
            return
        assert action["args"][1:] == ["position", "Bottom"]
        self._chart(action).legend.position = "b"

    def _setChartAxis(self, action: dict[str, Any]) -> None:  # noqa: N802
        _, axis, values = action["args"]
        if axis == "category":
            assert values == {"reverse_order": True}
            self._chart(action).x_axis.scaling.orientation = "maxMin"
        elif "crosses" in values:
            assert values == {"crosses": "minimum"}  # the double has its labels low anyway
        else:
            self._chart(action).y_axis.number_format = values["number_format"]

    def _setChartPosition(self, action: dict[str, Any]) -> None:  # noqa: N802
        """To the column or the row that begins there."""
        _, attribute, left = action["args"]
        made, chart, column = self._sheet(action), self._chart(action), 0
        if attribute == "top":
            row = 1
            while left > 1:
                left -= made.row_dimensions[row].height
                row += 1
            chart.anchor = f"{coordinate_from_string(chart.anchor)[0]}{row}"
            return
        assert attribute == "left"
        while left > 1:
            width = made.column_dimensions[get_column_letter(column + 1)].width
            left -= (width - 0.7) * _POINTS_A_LETTER + _POINTS_BESIDE
            column += 1
        self._chart_at(chart, column)

    @staticmethod
    def _chart_at(chart: Any, column: int) -> None:
        row = chart.anchor if isinstance(chart.anchor, str) else "N5"
        chart.anchor = f"{get_column_letter(column + 1)}{coordinate_from_string(row)[1]}"

    def save(self, path: Path, *, whole: bool = False) -> None:
        """The file; `whole` prints what a screen shows, charts included, on one page."""
        for each in self.file.worksheets:
            each.page_setup.orientation = "landscape"
            each.page_setup.paperSize = 9
            each.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
            each.page_setup.fitToHeight = 1 if whole else 0
            each.page_margins = PageMargins(*[0.4] * 4)
            if whole:
                each.print_area = None
        self.file.save(path)
        _plain_bars(path)


_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"


def _plain_bars(path: Path) -> None:
    """Data bars as a sheet of today has them — plain, one colour for both signs —, which openpyxl cannot write."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode("utf-8") if name.endswith(".xml") else archive.read(name)
                 for name in archive.namelist()}  # fmt: skip
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, _with_bars(part) if name.startswith("xl/worksheets/sheet") else part)


def _with_bars(xml: str) -> str:
    found = re.findall(
        r'<conditionalFormatting sqref="([^"]+)">(?:(?!</conditionalFormatting>).)*?<dataBar>.*?rgb="([^"]+)"', xml
    )
    bars = []
    for number, (place, colour) in enumerate(found):
        key = f"{{00000000-0000-0000-0000-{number:012d}}}"
        link = (
            f'<extLst><ext xmlns:x14="{_X14}" uri="{{B025F937-C7B1-47D3-B67F-A62EFF666E3E}}">'
            f"<x14:id>{key}</x14:id></ext></extLst>"
        )
        at_bar = xml.index("</dataBar>", xml.index(f'sqref="{place}"')) + len("</dataBar>")
        xml = xml[:at_bar] + link + xml[at_bar:]
        bars.append(
            '<x14:conditionalFormatting xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main">'
            f'<x14:cfRule type="dataBar" id="{key}"><x14:dataBar gradient="0" negativeBarColorSameAsPositive="1">'
            f'<x14:cfvo type="autoMin"/><x14:cfvo type="autoMax"/><x14:fillColor rgb="{colour}"/>'
            f'<x14:negativeFillColor rgb="{colour}"/><x14:axisColor rgb="FFD9D9D9"/></x14:dataBar></x14:cfRule>'
            f"<xm:sqref>{place}</xm:sqref></x14:conditionalFormatting>"
        )
    if not bars:
        return xml
    listed = (
        f'<extLst><ext xmlns:x14="{_X14}" uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}">'
        f"<x14:conditionalFormattings>{''.join(bars)}</x14:conditionalFormattings></ext></extLst>"
    )
    return xml.replace("</worksheet>", f"{listed}</worksheet>")


def at(action: dict[str, Any]) -> tuple[int, int, int, int]:
    """The rectangle of an action: first row and column, last row and column, counted from 1."""
    row, column = action["start_row"] + 1, action["start_column"] + 1
    return row, column, row + action["row_count"] - 1, column + action["column_count"] - 1


def cell(address: str) -> tuple[int, int]:
    """`B4` is (4, 2)."""
    letters, row = coordinate_from_string(address)
    return row, sum((ord(letter) - 64) * 26**place for place, letter in enumerate(reversed(letters)))
