"""A workbook of XlsxWriter's in our look, without anything that says who made it, when or where."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from xlwings_kis.resources import layout

_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - Excel has no zones; the same at each build, or the bytes would differ
_CALCULATED_BY = 191029
"""The calculation of today's Excel: of an older one Excel would calculate everything on opening, and what says
"allow macros" would become #NAME? where they are not allowed."""


class Book:
    """A workbook in memory, and its formats by what they say."""

    def __init__(self, project: bytes) -> None:
        look = layout()
        self.out = BytesIO()
        self.book = xlsxwriter.Workbook(
            self.out,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": {"font_name": look["font"]["name"], "font_size": look["font"]["size"]},
            },
        )
        self.book.set_properties({"created": _MADE})
        self.book.set_size(1680, 1000)
        self.book.set_calc_mode("auto", _CALCULATED_BY)
        self.book.calc_on_load = False
        self.book.add_vba_project(BytesIO(project), is_stream=True)
        self.book.set_vba_name("ThisWorkbook")
        self._formats: dict[str, Any] = {}

    def sheet(self, name: str, code_name: str) -> Any:
        """A new sheet, known to VBA by its code name."""
        sheet = self.book.add_worksheet(name)
        sheet.set_vba_name(code_name)
        return sheet

    def format(self, **style: Any) -> Any:
        """A format in our font; colours by their names in the palette."""
        key = repr(sorted(style.items()))
        if key not in self._formats:
            look = layout()
            # Tied to the theme, a font would be the theme's.
            full = {
                "font_scheme": "none",
                "font_name": look["font"]["name"],
                "font_size": look["font"]["size"],
                "font_color": "text",
                **style,
            }
            for name, value in full.items():
                if name.endswith("_color"):
                    full[name] = f"#{look['colour'][value]}"
            self._formats[key] = self.book.add_format(full)
        return self._formats[key]

    def rule(self, **style: Any) -> Any:
        """A format of a rule: only what differs from the cell's own."""
        colours = layout()["colour"]
        return self.book.add_format(
            {name: f"#{colours[value]}" if name.endswith("_color") else value for name, value in style.items()}
        )

    def bytes(self) -> bytes:
        """The finished file."""
        self.book.close()
        return self.out.getvalue()


def width(text: str) -> int:
    """Columns a text takes: Korean letters count as two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
