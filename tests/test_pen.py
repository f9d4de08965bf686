"""Cells are dressed by the layout, each style made once, and none by accident."""

from __future__ import annotations

import pytest

from xlwings_kis.pen import PLAIN, Pen, Style
from xlwings_kis.resources import layout
from xlwings_kis.xlsx import new_book


@pytest.fixture
def sheet():
    return new_book().create_sheet("x")


def test_a_cell_has_the_font_and_colours_of_the_layout(sheet):
    Pen().put(sheet, 1, 1, 5, Style(bold=True, colour="quiet", fill="late", number="#,##0", top="strong_line"))
    cell = sheet["A1"]
    assert (cell.font.name, cell.font.b) == (layout()["font"]["name"], True)
    assert cell.font.color.rgb.endswith(layout()["colour"]["quiet"])
    assert cell.fill.fgColor.rgb.endswith(layout()["colour"]["late"])
    assert cell.border.top.color.rgb.endswith(layout()["colour"]["strong_line"])
    assert cell.number_format == "#,##0"


def test_a_cell_written_twice_does_not_change_the_look_of_others(sheet):
    pen = Pen()
    for column in (1, 2):
        pen.put(sheet, 1, column, 5, Style(fill="late"))
    pen.put(sheet, 1, 1, "five", Style(bold=True, fill="demo"))
    assert sheet["A1"].font.b
    assert not sheet["B1"].font.b
    assert sheet["B1"].fill.fgColor.rgb.endswith(layout()["colour"]["late"])


def test_text_is_quoted_where_it_looks_like_a_formula_and_numbers_never_are(sheet):
    pen = Pen()
    for row, value in enumerate(("=1", "-x", "외국인", -1), 1):
        pen.put(sheet, row, 1, value, PLAIN)
    assert [sheet.cell(row, 1).quotePrefix for row in range(1, 5)] == [True, True, False, False]
    assert [sheet.cell(row, 1).data_type for row in range(1, 5)] == ["s", "s", "s", "n"]
