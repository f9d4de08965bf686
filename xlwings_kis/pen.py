"""Cells in the look of `workbook/layout.toml`: values only, text as text. Each style is made once a workbook."""

from __future__ import annotations

import re
from copy import copy
from datetime import time
from typing import TYPE_CHECKING, Any, NamedTuple

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST_TEXT = 32_767
"""Characters a cell holds."""

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t")

Value = str | int | float | time | None


class Style(NamedTuple):
    """How a cell looks; colours by their names in the layout, `number` is a number format."""

    bold: bool = False
    colour: str = "text"
    size: float | None = None
    fill: str = ""
    align: str = ""
    indent: int = 0
    number: str = "General"
    left: str = ""
    top: str = ""
    bottom: str = ""


PLAIN = Style()


class Pen:
    """Writes into the sheets of one workbook."""

    def __init__(self) -> None:
        self._made: dict[tuple[Style, bool], Any] = {}

    def put(self, sheet: Worksheet, row: int, column: int, value: Value, style: Style = PLAIN) -> None:
        """Write a value as what it is: text stays text even where it begins like a formula, and when it is edited."""
        cell: Cell = sheet.cell(row, column)  # type: ignore[assignment] # not a merged one: there are none
        quoted = False
        if isinstance(value, str):
            cell.value = harmless(value)
            cell.data_type = "s"
            quoted = value.startswith(_LIKE_A_FORMULA)
        else:
            cell.value = value
        made = self._made.get((style, quoted))
        if made is None:
            _dress(cell, style)
            cell.quotePrefix = quoted
            made = self._made[(style, quoted)] = cell._style  # type: ignore[attr-defined] # the cheap way to share it
        cell._style = copy(made)  # type: ignore[attr-defined]


def harmless(text: str) -> str:
    """Text that any reader takes: what XML cannot hold is visibly replaced, what no cell can hold visibly cut."""
    text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _dress(cell: Cell, style: Style) -> None:
    look = layout()
    colours, font = look["colour"], look["font"]
    cell.font = Font(name=font["name"], size=style.size or font["size"], bold=style.bold, color=colours[style.colour])
    cell.number_format = style.number
    if style.fill:
        cell.fill = PatternFill("solid", fgColor=colours.get(style.fill, style.fill))
    if style.align or style.indent:
        cell.alignment = Alignment(horizontal=style.align or None, indent=style.indent)
    if style.left or style.top or style.bottom:
        left, top, bottom = (
            Side("thin", colours[name]) if name else None for name in (style.left, style.top, style.bottom)
        )
        cell.border = Border(left=left, top=top, bottom=bottom)
