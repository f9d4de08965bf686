"""Blocks into a workbook file with openpyxl: values only, nothing that calculates, calls or points elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, ZipFile

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.writer.excel import ExcelWriter

from xlwings_kis.block import Block, Line, Role
from xlwings_kis.files import replace_file
from xlwings_kis.parts import mend
from xlwings_kis.pen import Pen, Style
from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_TITLE, _UNIT, _BANDS = 1, 3, 4
_CALCULATION = 191_029
"""The engine of Excel 2019 and later: what an older one has calculated, Excel asks to save when it is closed."""

HEAD = 5
"""The row of a block's column heads, if it begins at the top."""


def write(path: Path, blocks: Sequence[Block]) -> None:
    """Write a workbook with a sheet for each block. Raises `OSError`, and then leaves what was there."""
    book, pen = new_book(), Pen()
    for block in blocks:
        sheet = book.create_sheet(block.title)
        draw(pen, sheet, block)
        page(sheet, block)
        sheet.print_title_rows = f"1:{HEAD}"
    replace_file(path, packed(book))


def new_book() -> Workbook:
    """A workbook without any sheet."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.calculation = CalcProperties(calcId=_CALCULATION, fullCalcOnLoad=False)
    return book


def packed(book: Workbook, last: Callable[[dict[str, bytes]], None] | None = None) -> bytes:
    """The bytes of a workbook, its parts mended. Its properties stay as they are set: no time but theirs gets in.

    `last` may look at the parts and change them once nothing else will.
    """
    data = BytesIO()
    ExcelWriter(book, ZipFile(data, "w", ZIP_STORED)).save()
    return mend(data.getvalue(), last)


def draw(pen: Pen, sheet: Worksheet, block: Block) -> int:
    """A block from the top of a sheet: title, status, table, note. The last row."""
    look = layout()
    last = 1 + len(block.columns)
    strip = "late" if block.late else "demo" if block.demo else ""
    for column in range(1, last + 1) if strip else ():
        pen.put(sheet, _TITLE + 1, column, None, Style(fill=strip))
    title = Style(size=look["font"]["title_size"], bold=True)
    pen.put(sheet, _TITLE, 1, f"{block.subject} · {block.title}", title)
    status = f"{block.fetched} {block.status}" if block.status[0].isdigit() else block.status
    pen.put(sheet, _TITLE + 1, 1, status, Style(fill=strip))
    row = draw_table(pen, sheet, block, _UNIT) + 1
    pen.put(sheet, row, 1, block.note, Style(colour="quiet", size=look["font"]["part_size"]))
    return row


def draw_table(pen: Pen, sheet: Worksheet, block: Block, top: int) -> int:
    """A block's table alone: unit, two rows of heads, lines. The last row."""
    pen.put(sheet, top, 1 + len(block.columns), block.unit, Style(colour="quiet", align="right"))
    _header(pen, sheet, block, top + 1)
    row = top + 2
    for line in block.lines:
        row += 1
        _line(pen, sheet, row, line, block)
    return row


def page(sheet: Worksheet, block: Block) -> None:
    """Widths, frozen heads, and one page across."""
    look = layout()
    for at in range(1, 2 + len(block.columns)):
        width = look["width"]["investor" if at == 1 else "figure"]
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = f"B{HEAD + 1}"
    sheet.page_setup.orientation = look["page"]["orientation"]
    sheet.page_setup.paperSize = look["page"]["paper"]
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _header(pen: Pen, sheet: Worksheet, block: Block, row: int) -> None:
    """Bands over their columns (without merging cells), and under them the sides."""
    size = len(block.columns) // len(block.bands)
    for column in range(1 + len(block.columns)):
        band, first = max(0, column - 1) // size, column and (column - 1) % size == 0
        style = Style(bold=True, fill=layout()["colour"]["band"][band], left=_between(block, column), bottom="row_line")
        over = block.bands[band] if first else None
        pen.put(sheet, row, 1 + column, over, style._replace(align="centerContinuous") if column else style)
        style = style._replace(bottom="strong_line")
        if column:
            pen.put(sheet, row + 1, 1 + column, block.sides[column - 1], style._replace(align="right", indent=1))
        else:
            pen.put(sheet, row + 1, 1, block.heading, style)


def _line(pen: Pen, sheet: Worksheet, row: int, line: Line, block: Block) -> None:
    look = layout()
    part, total = line.role is Role.PART, line.role is Role.TOTAL
    style = Style(
        bold=total, colour="part" if part else "text", size=look["font"]["part_size"] if part else None,
        top="strong_line" if total else "", bottom="row_line",
    )  # fmt: skip
    pen.put(sheet, row, 1, line.label, style._replace(number=look["format"]["part" if part else "text"]))
    style = style._replace(align="right", indent=1)
    styles = {
        (number, left): style._replace(number=number, left=left)
        for number in {field.number_format for field in block.columns}
        for left in ("", "row_line")
    }
    for column, (field, value) in enumerate(zip(block.columns, line.figures, strict=True), 1):
        pen.put(sheet, row, 1 + column, value, styles[(field.number_format, _between(block, column))])


def _between(block: Block, column: int) -> str:
    """A vertical line stands between bands only."""
    size = len(block.columns) // len(block.bands)
    return "row_line" if column and (column - 1) % size == 0 else ""
