"""Blocks into a workbook file with openpyxl: values only, nothing that calculates, calls or points elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from xlwings_kis.block import Block, Line, Role
from xlwings_kis.files import replace_file
from xlwings_kis.parts import mend
from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

_LONGEST_TEXT = 32_767
_TITLE, _UNIT, _BANDS, _HEAD = 1, 3, 4, 5


def write(path: Path, blocks: Sequence[Block]) -> None:
    """Write a workbook with a sheet for each block. Raises `OSError`, and then leaves what was there."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for block in blocks:
        _sheet(book.create_sheet(block.title), block)
    data = BytesIO()
    book.save(data)
    replace_file(path, mend(data.getvalue()))


def _sheet(sheet: Worksheet, block: Block) -> None:
    look = layout()
    last = 1 + len(block.columns)
    _put(sheet, _TITLE, 1, f"{block.subject} · {block.title}", size=look["font"]["title_size"], bold=True)
    status = _put(
        sheet, _TITLE + 1, 1, f"{block.fetched} {block.status}" if block.status[0].isdigit() else block.status
    )
    if block.late or block.demo:
        colour = look["colour"]["late" if block.late else "demo"]
        for column in range(1, last + 1):
            sheet.cell(status.row, column).fill = _fill(colour)
    _put(sheet, _UNIT, last, block.unit, colour="quiet").alignment = Alignment(horizontal="right")
    _header(sheet, block)
    first = _HEAD + 1
    for at, line in enumerate(block.lines, first):
        _line(sheet, at, line, block)
    _put(sheet, first + len(block.lines), 1, block.note, colour="quiet", size=look["font"]["part_size"])
    _page(sheet, last, first)


def _header(sheet: Worksheet, block: Block) -> None:
    look, size = layout(), len(block.columns) // len(block.bands)
    _put(sheet, _HEAD, 1, block.heading, bold=True)
    for at, side in enumerate(block.sides):
        _put(sheet, _HEAD, 2 + at, side, bold=True).alignment = Alignment(horizontal="right", indent=1)
    for at, band in enumerate(block.bands):
        _put(sheet, _BANDS, 2 + at * size, band, bold=True)
    for row in (_BANDS, _HEAD):
        for at in range(1 + len(block.columns)):
            band_at = max(0, at - 1) // size
            sheet.cell(row, 1 + at).fill = _fill(look["colour"]["band"][band_at])
            sheet.cell(row, 1 + at).border = _border(block, at, strong=row == _HEAD)
            if row == _BANDS and at:  # over its columns without merging them
                sheet.cell(row, 1 + at).alignment = Alignment(horizontal="centerContinuous")


def _line(sheet: Worksheet, at: int, line: Line, block: Block) -> None:
    look = layout()
    part, total = line.role is Role.PART, line.role is Role.TOTAL
    style: dict[str, Any] = {"bold": total, "colour": "part" if part else "text"}
    if part:
        style["size"] = look["font"]["part_size"]
    _put(sheet, at, 1, line.label, **style).number_format = look["format"]["part" if part else "text"]
    for column, (field, value) in enumerate(zip(block.columns, line.figures, strict=True)):
        figure = _put(sheet, at, 2 + column, value, **style)
        figure.number_format = field.number_format
        figure.alignment = Alignment(horizontal="right", indent=1)
    for column in range(1 + len(block.columns)):
        sheet.cell(at, 1 + column).border = _border(block, column, top=total)


def _put(
    sheet: Worksheet, row: int, column: int, value: str | int | None, *, bold: bool = False, colour: str = "text",
    size: float | None = None,
) -> Cell:  # fmt: skip
    """Write a value as what it is: text stays text even where it begins like a formula."""
    look = layout()
    cell: Cell = sheet.cell(row, column)  # type: ignore[assignment] # not a merged one: there are none
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)[:_LONGEST_TEXT]
        cell.data_type = "s"
    else:
        cell.value = value
    cell.font = Font(
        name=look["font"]["name"], size=size or look["font"]["size"], bold=bold, color=look["colour"][colour]
    )
    return cell


def _page(sheet: Worksheet, columns: int, first: int) -> None:
    look = layout()
    for at in range(1, columns + 1):
        width = look["width"]["investor" if at == 1 else "figure"]
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.sheet_view.showGridLines = False
    sheet.freeze_panes = f"B{first}"
    sheet.page_setup.orientation = look["page"]["orientation"]
    sheet.page_setup.paperSize = look["page"]["paper"]
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"1:{_HEAD}"


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def _border(block: Block, column: int, *, top: bool = False, strong: bool = False) -> Border:
    """Thin lines between rows, a stronger one over the total and under the head, a vertical one between bands."""
    colours = layout()["colour"]
    thin, heavy = Side("thin", colours["row_line"]), Side("thin", colours["strong_line"])
    size = len(block.columns) // len(block.bands)
    between = column > 0 and (column - 1) % size == 0
    return Border(left=thin if between else None, top=heavy if top else None, bottom=heavy if strong else thin)
