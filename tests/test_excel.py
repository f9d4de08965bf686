"""What only Excel on Windows has: floats in cells, and #N/A as a true error."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import pytest
from making import reading, row, snapshot

from xlwings_kis import excel
from xlwings_kis.live.texts import text
from xlwings_kis.table import Missing, table

XL_ERR_NA = 2042
VT_ERROR = 10


class Variant(NamedTuple):
    """The double of a COM value."""

    kind: int
    value: int


@pytest.fixture(autouse=True)
def _nothing_remembered():
    excel._com_error.cache_clear()
    yield
    excel._com_error.cache_clear()


@pytest.fixture
def windows(monkeypatch):
    """This process as Excel's COM server on Windows has it; the caller can be taken away."""
    pythoncom, client = ModuleType("pythoncom"), ModuleType("win32com.client")
    pythoncom.VT_ERROR = VT_ERROR
    client.VARIANT = Variant
    parent = ModuleType("win32com")
    parent.client = client
    of_xlwings = SimpleNamespace(BOOK_CALLER=object())
    for name, module in (("pythoncom", pythoncom), ("win32com", parent), ("win32com.client", client)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", of_xlwings)
    monkeypatch.setattr(sys, "platform", "win32")
    return of_xlwings


def test_over_com_not_available_is_excels_own_error(windows):
    value = excel.not_available()
    assert value.kind == VT_ERROR
    assert value.value & 0xFFFF == XL_ERR_NA
    assert value.value & 0xFFFF0000 == 0x800A0000


def test_elsewhere_not_available_is_the_text_that_hosts_turn_into_an_error():
    assert excel.not_available() == "#N/A"


def test_on_windows_without_excel_calling_it_is_the_text_too(windows):
    windows.BOOK_CALLER = None
    assert excel.not_available() == "#N/A"


def test_with_a_protected_view_in_front_no_workbook_is_active_and_it_is_still_excels_error(windows, monkeypatch):
    windows.BOOK_CALLER = None
    turning = SimpleNamespace(loop=SimpleNamespace(is_running=lambda: True))
    monkeypatch.setitem(sys.modules, "xlwings.com_server", turning)
    assert excel.not_available().kind == VT_ERROR


def test_on_windows_where_xlwings_only_loaded_its_server_it_is_the_text(windows, monkeypatch):
    windows.BOOK_CALLER = None
    resting = SimpleNamespace(loop=SimpleNamespace(is_running=lambda: False))
    monkeypatch.setitem(sys.modules, "xlwings.com_server", resting)
    assert excel.not_available() == "#N/A"


def test_on_windows_without_xlwings_loaded_it_is_the_text_too(windows, monkeypatch):
    monkeypatch.delitem(sys.modules, "xlwings._xlwindows")
    assert excel.not_available() == "#N/A"


def test_off_windows_com_is_never_asked_for(windows, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert excel.not_available() == "#N/A"


def test_figures_are_floats_for_com_has_no_64_bit_integer():
    ((label, zero, negative, large),) = excel.cells([("개인", 0, -38, 10**15)])
    assert label == "개인"
    assert [zero, negative, large] == [0.0, -38.0, 1e15]
    assert {type(value) for value in (zero, negative, large)} == {float}


def test_a_missing_figure_is_an_empty_text_on_every_host(windows):
    assert excel.cells([(Missing.NOT_SENT,)]) == [[""]]
    windows.BOOK_CALLER = None
    assert excel.cells([(Missing.NOT_SENT,)]) == [[""]]


def test_text_is_text_and_codes_never_become_numbers():
    assert excel.cells([("투자자", "8000", "11/20 15:31:05")]) == [["투자자", "8000", "11/20 15:31:05"]]


def test_a_table_without_data_holds_true_errors_over_com_and_text_elsewhere(windows):
    nothing = table(reading()).cells(header=False)
    over_com = excel.cells(nothing)
    assert len(over_com) == 11
    assert all(isinstance(cell, Variant) for line in over_com for cell in line[1:-1])
    windows.BOOK_CALLER = None
    assert all(cell == "#N/A" for line in excel.cells(nothing) for cell in line[1:-1])


def test_a_table_is_lists_of_lists_of_text_and_floats_alone():
    made = excel.cells(table(reading(snapshot("2026-11-20 15:31:05", row("8000", all_seln_qty=None)))).cells())
    assert type(made) is list
    assert {type(line) for line in made} == {list}
    assert {type(cell) for line in made for cell in line} == {str, float}
    assert made[1][:4] == ["개인", "", 70.0, 20.0]


def native(**more):
    """A book or sheet as Excel on Windows would be behind xlwings."""
    return SimpleNamespace(api=SimpleNamespace(**more))


def area(rows=False, columns=False):
    return lambda address: SimpleNamespace(
        EntireRow=SimpleNamespace(Hidden=rows), EntireColumn=SimpleNamespace(Hidden=columns)
    )


WINDOWS = SimpleNamespace(Count=1)


@pytest.mark.parametrize(
    ("book", "sheet", "why"),
    [
        ({}, {}, ""),
        ({"Windows": SimpleNamespace(Count=0)}, {}, "window"),
        ({"MultiUserEditing": True}, {}, "shared"),
        ({}, {"ProtectContents": True}, "protected"),
        ({}, {"FilterMode": True}, "filtered"),
        ({}, {"Range": area(rows=True)}, "hidden"),
        ({}, {"Range": area(rows=None)}, "hidden"),  # Excel's word for some of them
        ({}, {"Range": area(columns=None)}, "hidden"),
        ({"ProtectStructure": True}, None, "structure"),
        ({"ProtectStructure": True}, {}, ""),
    ],
)
def test_what_speaks_against_writing_is_told_and_nothing_is_undone(book, sheet, why):
    made = None if sheet is None else native(**{"Range": area(), **sheet})
    assert excel.obstacle(native(**{"Windows": WINDOWS, **book}), made, "A1:Y137") == why
    if why:
        assert text(why) != text(why, "en")


def test_on_office_js_nothing_can_be_told_and_nothing_is_asked():
    assert excel.obstacle(SimpleNamespace(api={}), SimpleNamespace(api={}), "A1") == ""


def test_panes_belong_to_the_window_over_com():
    window = SimpleNamespace(FreezePanes=True)
    activated = []
    sheet = native()
    sheet.activate = lambda: activated.append(True)
    sheet.book = native(Windows=lambda number: window)
    excel.freeze(sheet, 4, 1, "A1:A4")
    assert activated
    assert (window.SplitRow, window.SplitColumn, window.FreezePanes) == (4, 1, True)


def test_widths_are_letters_over_com_and_points_on_office_js():
    assert excel.column_width(native(), 10) == 10
    assert excel.column_width(SimpleNamespace(api={}), 10) == 56.25


def test_bars_have_one_colour_over_com_where_negative_ones_would_be_red():
    rule = SimpleNamespace(NegativeBarFormat=SimpleNamespace(ColorType=0), AxisColor=SimpleNamespace(Color=0))
    excel.quiet_bars(SimpleNamespace(impl=SimpleNamespace(api=rule)), (1, 2, 3))
    assert rule.NegativeBarFormat.ColorType == 1
    assert rule.AxisColor.Color == 0x030201
    excel.quiet_bars(SimpleNamespace(impl=SimpleNamespace(api={})), (1, 2, 3))


def test_labels_stand_beside_the_chart_over_com():
    axis = SimpleNamespace(TickLabelPosition=0)
    excel.labels_low(SimpleNamespace(api=(None, SimpleNamespace(Axes=lambda kind: axis))))
    assert axis.TickLabelPosition == -4134


def test_a_busy_excel_is_told_from_a_failure_of_ours():
    refused = type("com_error", (Exception,), {"hresult": -2147418111})
    assert excel.busy(refused())
    assert not excel.busy(ValueError())
