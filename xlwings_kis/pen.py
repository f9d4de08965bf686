"""Cells in the look of `workbook/layout.toml`: values only, text as text. Each style is made once a workbook."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from datetime import time
from typing import TYPE_CHECKING, Any, NamedTuple

from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray

from xlwings_kis.resources import layout

if TYPE_CHECKING:
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
        self._made: dict[tuple[Style, bool], StyleArray] = {}
        self._parts: dict[Hashable, int] = {}

    def put(self, sheet: Worksheet, row: int, column: int, value: Value, style: Style = PLAIN) -> None:
        """Write a value as what it is: text stays text even where it begins like a formula, and when it is edited."""
        cell: Any = sheet.cell(row, column)
        quoted = False
        if isinstance(value, str):
            cell.value = harmless(value)
            cell.data_type = "s"
            quoted = value.startswith(_LIKE_A_FORMULA)
        else:
            cell.value = value
        made = self._made.get((style, quoted))
        if made is None:
            made = self._made[(style, quoted)] = self._make(cell, style, quoted)
        cell._style = made  # shared by all cells of that look

    def _make(self, cell: Any, style: Style, quoted: bool) -> StyleArray:
        """A look, put together from fonts, fills and borders; the cell lends itself, for only cells can enter them."""
        cell._style = StyleArray()
        colours, font = layout()["colour"], layout()["font"]
        size = style.size or font["size"]
        ink = (size, style.bold, style.colour)
        self._part(cell, "font", ink, lambda: Font(font["name"], size, style.bold, color=colours[style.colour]))
        if style.fill:
            self._part(cell, "fill", style.fill, lambda: _fill(colours.get(style.fill, style.fill)))
        if style.align or style.indent:
            place = (style.align, style.indent)
            self._part(cell, "alignment", place, lambda: Alignment(style.align or None, indent=style.indent))
        sides = (style.left, style.top, style.bottom)
        if any(sides):
            self._part(cell, "border", sides, lambda: _border(*(colours.get(name) for name in sides)))
        cell.number_format = style.number
        cell.quotePrefix = quoted
        made: StyleArray = cell._style
        return made

    def _part(self, cell: Any, kind: str, key: Hashable, make: Callable[[], object]) -> None:
        """Font, fill, border or alignment: entered into the workbook once, for openpyxl compares each with all others."""
        known = self._parts.get((kind, key))
        if known is None:
            setattr(cell, kind, make())
            self._parts[(kind, key)] = getattr(cell._style, f"{kind}Id")
        else:
            setattr(cell._style, f"{kind}Id", known)


def harmless(text: str) -> str:
    """Text that any reader takes: what XML cannot hold is visibly replaced, what no cell can hold visibly cut."""
    text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _fill(colour: str) -> PatternFill:
    return PatternFill("solid", fgColor=colour)


def _border(left: str | None, top: str | None, bottom: str | None) -> Border:
    def side(colour: str | None) -> Side | None:
        return Side("thin", colour) if colour else None

    return Border(left=side(left), top=side(top), bottom=side(bottom))
